"""Acting on anomalies in the admin: the same acts, through the same functions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from maintenance.admin.anomaly_acts import ACTS
from maintenance.models import Anomaly, WorkOrder
from sensors.models import Site
from tests.factories import NOON, make_anomaly, make_member, make_sensor
from tests.maintenance.anomalies.recorded import record

pytestmark = pytest.mark.django_db

LIST = "admin:maintenance_anomaly_changelist"
LATER = (NOON + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def anomaly(site: Site) -> Anomaly:
    return record(make_sensor(site=site), [2.5])


@pytest.fixture
def technician(client: Client, site: Site) -> Client:
    rights = ("maintenance.view_anomaly", "maintenance.change_anomaly")
    client.force_login(make_member(site, *rights, role="technician", username="otto"))
    return client


def press(client: Client, action: str, *anomalies: Anomaly, **said: Any) -> str:
    """Take an action; what the next page says of it."""
    selected = {"action": action, "index": 0, "_selected_action": [a.pk for a in anomalies]}
    with time_machine.travel(NOON, tick=False):
        answer = client.post(reverse(LIST), selected | said, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def page(client: Client, anomaly: Anomaly) -> Any:
    with time_machine.travel(NOON, tick=False):
        return client.get(reverse("admin:maintenance_anomaly_change", args=[anomaly.pk]))


def stored(anomaly: Anomaly) -> Anomaly:
    return Anomaly.objects.get(pk=anomaly.pk)


def test_a_whole_life_is_led_in_the_admin(technician: Client, anomaly: Anomaly) -> None:
    press(technician, "acknowledge", anomaly, reason="On my way")
    press(technician, "shelve", anomaly, until=LATER, reason="Known")
    press(technician, "unshelve", anomaly)
    press(technician, "give_verdict", anomaly, verdict="confirmed", reason="Bearing")
    press(technician, "clear", anomaly, reason="Replaced")
    press(technician, "unacknowledge", anomaly)

    log = stored(anomaly).log.values_list("act", "by", "words")
    assert list(log) == [
        ("acknowledged", "otto", "On my way"),
        ("shelved", "otto", "until 2026-06-02 12:00 UTC: Known"),
        ("unshelved", "otto", ""),
        ("unsuppressed", "", "Shelved by a person"),
        ("verdict", "otto", "Confirmed: Bearing"),
        ("cleared", "otto", "Replaced"),
        ("unacknowledged", "otto", ""),
    ]


def test_each_button_stands_beside_what_it_asks_for(technician: Client, anomaly: Anomaly) -> None:
    presses = {
        name: set(form.fields) for name, _, form in page(technician, anomaly).context["presses"]
    }

    assert presses == {
        "acknowledge": {"reason"},
        "clear": {"reason"},
        "shelve": {"until", "reason"},
        "give_verdict": {"verdict", "reason"},
        "create_work_order": {"reason"},
        "assign": {"to", "reason"},
        "merge": {"into", "reason"},
    }


def test_what_makes_no_sense_has_no_button(technician: Client, anomaly: Anomaly) -> None:
    Anomaly.objects.update(
        acknowledged_at=NOON, ended_at=NOON + timedelta(hours=1), shelved_until=NOON + timedelta(1)
    )

    buttons = page(technician, anomaly).context["buttons"]

    assert {"unacknowledge", "unshelve"} <= buttons.keys()
    assert not {"acknowledge", "clear"} & buttons.keys()


def test_what_was_merged_says_so_and_has_no_buttons(technician: Client, anomaly: Anomaly) -> None:
    other = record(make_sensor(asset=anomaly.asset), [2.5])

    press(technician, "merge", anomaly, into=other.pk)

    assert page(technician, anomaly).context["presses"] == []
    assert reverse("admin:maintenance_anomaly_change", args=[anomaly.pk]) in (
        page(technician, other).content.decode()
    )


@pytest.mark.parametrize(
    ("action", "said", "words"),
    [
        ("clear", {}, "reason"),
        ("shelve", {"reason": "Known"}, "until"),
        ("shelve", {"until": "soon", "reason": "Known"}, "until"),
        ("shelve", {"until": "2026-07-01T12:00", "reason": "Known"}, "7 days at most"),
        ("shelve", {"until": "2026-05-01T12:00", "reason": "Known"}, "has passed"),
        ("give_verdict", {"verdict": "maybe"}, "verdict"),
        ("merge", {"into": "x"}, "into"),
        ("merge", {"into": "1"}, "no anomaly 1"),
        ("assign", {"to": "99999"}, "to"),
        ("unshelve", {}, "not shelved"),
    ],
)
def test_what_the_rules_refuse_becomes_a_warning(
    action: str, said: dict[str, str], words: str, technician: Client, anomaly: Anomaly
) -> None:
    assert words in press(technician, action, anomaly, **said)
    assert not anomaly.log.exists()


@pytest.mark.parametrize("action", [*ACTS, "take_over"])
def test_a_viewer_with_the_permission_may_nothing(
    action: str, client: Client, anomaly: Anomaly
) -> None:
    rights = ("maintenance.view_anomaly", "maintenance.change_anomaly")
    client.force_login(make_member(anomaly.asset.site, *rights, role="viewer"))
    other = make_anomaly(make_sensor(asset=anomaly.asset))
    said = {"reason": "x", "until": LATER, "verdict": "confirmed", "into": other.pk}

    press(client, action, anomaly, **said)

    assert not anomaly.log.exists()
    assert not WorkOrder.objects.exists()


def test_it_is_assigned_to_who_may_work_there(technician: Client, anomaly: Anomaly) -> None:
    erika = make_member(anomaly.asset.site, username="erika")
    viewer = make_member(anomaly.asset.site, role="viewer", username="viewer")
    [form] = [f for name, _, f in page(technician, anomaly).context["presses"] if name == "assign"]
    offered = {user.username for user in form.fields["to"].queryset}

    press(technician, "assign", anomaly, to=erika.pk)
    press(technician, "assign", anomaly, to=viewer.pk)

    assert offered == {"otto", "erika"}
    assert stored(anomaly).assigned_to == erika
    press(technician, "take_over", anomaly)
    assert stored(anomaly).assigned_to.username == "otto"  # type: ignore[union-attr]


def test_several_are_handled_at_once_and_what_cannot_be_is_named(
    technician: Client, anomaly: Anomaly
) -> None:
    seen = make_anomaly(make_sensor(site=anomaly.asset.site), acknowledged_at=NOON)

    words = press(technician, "acknowledge", anomaly, seen)

    assert "Acknowledged: 1" in words
    assert "Somebody has acknowledged it before" in words


def test_only_what_the_list_can_ask_for_is_offered_there(technician: Client) -> None:
    form = technician.get(reverse(LIST)).context["action_form"]

    offered = {name for name, _ in form.fields["action"].choices}
    assert offered >= {"acknowledge", "shelve", "take_over", "create_work_order"}
    assert not offered & {"merge", "assign"}


def test_an_order_is_asked_for_and_shown(technician: Client, anomaly: Anomaly) -> None:
    press(technician, "create_work_order", anomaly, reason="It smells")

    order = WorkOrder.objects.get()
    assert order.requested_by == "otto"
    assert order.number in page(technician, anomaly).content.decode()


@pytest.mark.parametrize(("value", "mine"), [("me", True), ("nobody", False)])
def test_anomalies_are_found_by_who_looks_after_them(
    value: str, mine: bool, technician: Client, anomaly: Anomaly
) -> None:
    other = make_anomaly(make_sensor(site=anomaly.asset.site))
    press(technician, "take_over", anomaly)

    found = technician.get(reverse(LIST), {"assigned": value}).context["cl"].queryset

    assert list(found) == [anomaly if mine else other]


def test_the_page_says_why_it_is_believed_and_why_it_keeps_quiet(
    technician: Client, anomaly: Anomaly
) -> None:
    press(technician, "shelve", anomaly, until=LATER, reason="The fan is being replaced")

    text = page(technician, anomaly).content.decode()

    assert "a limit that somebody set, score 2.5" in text
    assert "The fan is being replaced" in text
    assert "Shelved by a person" in text
