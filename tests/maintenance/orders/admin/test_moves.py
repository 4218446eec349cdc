"""The moves of an order as buttons on its page and as actions of the list."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from maintenance.admin.moves import MOVES
from maintenance.models import WorkOrder
from maintenance.orders.transitions import TRANSITIONS
from sensors.models import AssetType
from tests.factories import make_anomaly, make_member, make_site, make_work_order
from tests.maintenance.orders.admin.pages import (
    asked,
    do,
    do_to_all,
    logged_in,
    make_code,
    offered_on,
    page_of,
    words_of,
)

pytestmark = pytest.mark.django_db

State = WorkOrder.State
# Where each act leads; scheduling takes a slot, and so a page of its own.
LEADS_TO = {
    "approve": "approved",
    "modify": "approved",
    "reject": "cancelled",
    "start": "in_progress",
    "resume": "in_progress",
    "reopen": "in_progress",
    "hold": "on_hold",
    "complete": "completed",
    "close": "closed",
    "unschedule": "approved",
    "cancel": "cancelled",
}
WAYS = [(state, name) for name, act in MOVES.items() for state in act.states if name in LEADS_TO]
SAID = {"reason": "So it is", "hold_reason": "waiting_parts", "title": "Another"}


def what_is_found() -> dict[str, Any]:
    codes = {"failure_mode": "mode", "failure_cause": "cause", "remedy": "remedy"}
    chosen = {name: make_code(aspect, "OTH").pk for name, aspect in codes.items()}
    return chosen | {"found_fault": "yes", "resolution": "Bearing replaced"}


@pytest.mark.parametrize("state", TRANSITIONS)
def test_the_acts_offered_lead_where_the_table_allows(state: str, admin_client: Client) -> None:
    page = page_of(admin_client, make_work_order(state=state))

    led = {LEADS_TO[name] for name in offered_on(page) if name in LEADS_TO}

    slots = {"scheduled"} if page.context["to_slots"] and state == "approved" else set()
    assert led | slots == {str(to_state) for to_state in TRANSITIONS[state]}


@pytest.mark.parametrize(("state", "name"), WAYS)
def test_every_act_makes_its_move_and_is_logged(
    state: str, name: str, admin_client: Client
) -> None:
    order = make_work_order(state=state)
    said = SAID | (what_is_found() if name == "complete" else {})
    if name == "modify":
        form = asked(admin_client, order, name).context["form"]
        said = {field.html_name: field.value() or "" for field in form} | SAID

    answer = do(admin_client, order, name, **said)

    order.refresh_from_db()
    assert order.state == LEADS_TO[name]
    assert order.number in words_of(answer)
    entry = LogEntry.objects.get()
    assert (entry.object_id, MOVES[name].done in entry.change_message) == (str(order.pk), True)


@pytest.mark.parametrize("name", ["approve", "reject", "cancel", "reopen"])
def test_what_asks_why_is_not_done_without_a_reason(name: str, admin_client: Client) -> None:
    state = MOVES[name].states[0]  # type: ignore[index]
    order = make_work_order(state=state)

    answer = do(admin_client, order, name, reason=" ")

    assert "reason" in answer.context["form"].errors
    order.refresh_from_db()
    assert (order.state, order.transitions.count()) == (state, 0)


def test_an_order_on_hold_says_what_it_waits_for(admin_client: Client) -> None:
    order = make_work_order(state=State.IN_PROGRESS)

    refused = do(admin_client, order, "hold", hold_reason="tea")
    assert "hold_reason" in refused.context["form"].errors
    page = do(admin_client, order, "hold", hold_reason="waiting_access", reason="Gate locked")

    assert "Waiting for access: Gate locked" in page.content.decode()
    assert order.transitions.get().reason == "Gate locked"


def test_a_refusal_is_a_warning_and_what_was_typed_stays(admin_client: Client) -> None:
    order = make_work_order(state=State.IN_PROGRESS)
    anomaly = make_anomaly(work_order=order)
    said = what_is_found() | {"resolution": "Bearing replaced", "remedy": ""}

    refused = do(admin_client, order, "complete", **said, **{f"verdict_{anomaly.pk}": ""})

    assert "cannot be completed without remedy, verdicts" in words_of(refused)
    assert "Bearing replaced" in refused.content.decode()
    order.refresh_from_db()
    assert (order.state, order.resolution) == (State.IN_PROGRESS, "")


def test_completing_judges_each_anomaly_of_the_order(admin_client: Client) -> None:
    order = make_work_order(state=State.IN_PROGRESS)
    anomalies = [make_anomaly(work_order=order) for _ in range(2)]
    verdicts = {f"verdict_{a.pk}": "confirmed" for a in anomalies}
    verdicts[f"note_{anomalies[0].pk}"] = "Inner race"

    do(admin_client, order, "complete", **what_is_found(), **verdicts)

    order.refresh_from_db()
    assert (order.state, order.remedy.code) == (State.COMPLETED, "OTH")
    assert set(order.anomalies.values_list("verdict", "verdict_note")) == {
        ("confirmed", "Inner race"),
        ("confirmed", ""),
    }


def test_a_verdict_that_was_given_before_stays_with_who_gave_it(admin_client: Client) -> None:
    order = make_work_order(state=State.IN_PROGRESS)
    judge = make_member(order.asset.site)
    anomaly = make_anomaly(work_order=order, verdict="confirmed", verdict_by=str(judge))

    do(
        admin_client,
        order,
        "complete",
        **what_is_found(),
        **{f"verdict_{anomaly.pk}": "confirmed"},
    )

    anomaly.refresh_from_db()
    order.refresh_from_db()
    assert (order.state, anomaly.verdict_by) == (State.COMPLETED, str(judge))


def test_codes_of_other_types_of_asset_are_not_offered(admin_client: Client) -> None:
    order = make_work_order(state=State.IN_PROGRESS)
    other = make_code("remedy", "FAN", asset_type=AssetType.objects.create(code="fan", name="Fan"))

    answer = do(admin_client, order, "complete", **what_is_found() | {"remedy": other.pk})

    assert "remedy" in answer.context["form"].errors


@pytest.mark.parametrize(
    ("role", "state", "offered"),
    [
        ("planner", "proposed", ["approve", "modify", "defer", "reject"]),
        ("technician", "proposed", []),
        ("technician", "approved", ["start"]),
        ("engineer", "scheduled", ["start"]),
        ("technician", "in_progress", ["complete", "hold"]),
        ("technician", "completed", ["reopen"]),
        ("planner", "completed", ["close", "reopen"]),
        ("viewer", "in_progress", []),
        ("planner", "closed", []),
    ],
)
def test_each_role_is_offered_what_it_may(
    role: str, state: str, offered: list[str], client: Client
) -> None:
    order = make_work_order(state=state)
    logged_in(client, order.asset.site, role)

    assert offered_on(page_of(client, order)) == offered


@pytest.mark.parametrize(("role", "status"), [("technician", 200), ("viewer", 403)])
def test_who_may_not_decide_does_not(role: str, status: int, client: Client) -> None:
    order = make_work_order()
    logged_in(client, order.asset.site, role)

    assert do(client, order, "approve", reason="Yes").status_code == status
    do_to_all(client, "approve", order, reason="Yes")

    order.refresh_from_db()
    assert order.state == State.PROPOSED


def test_a_planner_acts_on_nothing_of_another_site(client: Client) -> None:
    order = make_work_order()
    logged_in(client, make_site(), "planner")

    assert do(client, order, "approve", reason="Yes").status_code == 404
    do_to_all(client, "approve", order, reason="Yes")

    order.refresh_from_db()
    assert order.state == State.PROPOSED


def test_whoever_plans_elsewhere_only_looks_here(client: Client) -> None:
    order = make_work_order()
    person = logged_in(client, make_site(), "planner")
    person.memberships.create(site=order.asset.site, role="viewer")

    page = page_of(client, order)
    refused = do(client, order, "approve", reason="Yes")

    assert (offered_on(page), list(page.context["forms"])) == ([], [])
    assert "has not the right to plan at this site" in words_of(refused)


def test_over_the_list_what_cannot_be_is_named_and_the_others_are_done(
    admin_client: Client,
) -> None:
    closed, proposed = make_work_order(state=State.CLOSED), make_work_order()

    answer = do_to_all(admin_client, "approve", closed, proposed, reason="Parts are here")

    assert f"{closed.number} is closed, there is nothing to decide" in words_of(answer)
    assert f"Approved: {proposed.number}" in words_of(answer)
    assert proposed.decisions.get().justification == "Parts are here"


def test_over_the_list_starting_does_not_reopen(admin_client: Client) -> None:
    done, approved = make_work_order(state="completed"), make_work_order(state="approved")

    answer = do_to_all(admin_client, "start", done, approved, reason="Now")

    assert f"{done.number} is completed and cannot become in_progress" in words_of(answer)
    assert set(WorkOrder.objects.values_list("state", flat=True)) == {"completed", "in_progress"}


def test_over_the_list_deferring_takes_a_date(admin_client: Client) -> None:
    order = make_work_order()

    refused = do_to_all(admin_client, "defer", order, reason="Later", until="soon")

    assert "Until (UTC): Enter a valid date/time" in words_of(refused)
    assert not order.decisions.exists()


def test_no_more_are_done_at_once_than_are_told_of(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maintenance.admin.acting.MOST_AT_ONCE", 1)

    answer = do_to_all(admin_client, "approve", make_work_order(), make_work_order(), reason="Go")

    assert "At most 1 at a time" in words_of(answer)
    assert not WorkOrder.objects.exclude(state=State.PROPOSED).exists()


def test_nothing_is_done_by_looking(admin_client: Client) -> None:
    order = make_work_order(state=State.APPROVED)

    assert asked(admin_client, order, "start").status_code == 200
    assert asked(admin_client, order, "nonsense").status_code == 404

    order.refresh_from_db()
    assert order.state == State.APPROVED
