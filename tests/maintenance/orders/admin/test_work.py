"""What is put down on an order while it is carried out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from maintenance.models import OnFail, Skill, TemplatePoint, WorkOrder
from maintenance.orders import checklists
from maintenance.refusals import RefusedError
from sensors.models import AssetType
from tests.factories import make_site, make_work_order
from tests.maintenance.orders.admin.pages import do, logged_in, make_template, page_of, words_of
from tests.maintenance.scheduling.crews import make_technician

pytestmark = pytest.mark.django_db

MINUTES = "%Y-%m-%dT%H:%M"


def ago(hours: float) -> str:
    return (timezone.now() - timedelta(hours=hours)).strftime(MINUTES)


@pytest.fixture(autouse=True)
def _stopped_clock() -> Iterator[None]:
    """Pages take whole minutes: none may begin meanwhile."""
    with time_machine.travel(timezone.now().replace(second=0, microsecond=0), tick=False):
        yield


@pytest.fixture
def order() -> WorkOrder:
    return make_work_order(state="in_progress")


def test_a_technician_books_the_own_time_at_the_own_rate(client: Client, order: WorkOrder) -> None:
    person = logged_in(client, order.asset.site, "technician")
    me = make_technician(order.asset.site, user=person, hourly_rate=Decimal(60))
    form = page_of(client, order).context["forms"]["labour"][1]
    assert form["technician"].value() == me.pk

    said = {"technician": me.pk, "started_at": ago(3), "ended_at": ago(1.5)}
    page = do(client, order, "labour", **said)

    row = order.labour.get()
    assert (row.technician, row.cost, row.booked_by) == (me, Decimal("90.00"), str(person))
    assert "Labour, 1.5 h" in page.content.decode()


def test_somebody_else_is_booked_by_name(admin_client: Client, order: WorkOrder) -> None:
    said = {"person": "Contractor", "hourly_rate": "80", "started_at": ago(2), "ended_at": ago(1)}

    do(admin_client, order, "labour", **said)

    row = order.labour.get()
    assert (row.person, row.cost) == ("Contractor", Decimal("80.00"))


def test_nobody_is_at_two_places(admin_client: Client, order: WorkOrder) -> None:
    said = {"person": "Erika", "started_at": ago(2), "ended_at": ago(1)}
    do(admin_client, order, "labour", **said)

    refused = do(admin_client, order, "labour", **said)

    assert "Erika has other labour at that time" in words_of(refused)
    assert refused.context["form"]["person"].value() == "Erika"
    assert order.labour.count() == 1


def test_technicians_of_other_sites_are_not_offered(
    admin_client: Client, order: WorkOrder
) -> None:
    said = {
        "technician": make_technician(make_site()).pk,
        "started_at": ago(2),
        "ended_at": ago(1),
    }

    refused = do(admin_client, order, "labour", **said)

    assert "technician" in refused.context["form"].errors


@pytest.mark.parametrize(
    "fault",
    [
        {"name": ""},
        {"quantity": "0"},
        {"quantity": "NaN"},
        {"quantity": "99999999999"},
        {"unit_cost": "-1"},
        {"name": "x" * 201},
        {"name": "a\0b"},
    ],
    ids=str,
)
def test_a_part_that_cannot_be_is_refused(
    fault: dict[str, str], admin_client: Client, order: WorkOrder
) -> None:
    said = {"name": "Bearing", "quantity": "1", "unit_cost": "20"} | fault

    answer = do(admin_client, order, "part", **said)

    assert set(answer.context["form"].errors) == set(fault)
    assert not order.parts.exists()


def test_parts_add_up(admin_client: Client, order: WorkOrder) -> None:
    do(admin_client, order, "part", name="Bearing", quantity="2", unit_cost="20.5")
    page = do(admin_client, order, "part", name="Oil", quantity="0.5", unit_cost="9", number="O-1")

    assert page.context["costs"].total == Decimal("45.50")


def test_a_standstill_is_put_down_and_ended(admin_client: Client, order: WorkOrder) -> None:
    said = {"started_at": ago(4), "reason": "repair", "is_planned": "on", "note": "Seal"}
    page = do(admin_client, order, "downtime", **said)
    assert "still down" in page.content.decode()
    row = order.downtime.get()
    assert row.is_planned

    page = do(admin_client, order, "end_downtime", downtime=row.pk, ended_at=ago(1))

    assert page.context["costs"].downtime_hours == pytest.approx(3)
    assert "end_downtime" not in page.context["forms"]


def test_comments_are_text(admin_client: Client, order: WorkOrder) -> None:
    page = do(admin_client, order, "comment", words="<script>alert(1)</script>\nsecond line")

    text = page.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>second line" in text


def test_a_checklist_is_taken_and_filled_in(client: Client, order: WorkOrder) -> None:
    person = logged_in(client, order.asset.site, "technician")
    template = make_template("Oil level", "Noise", "Paint")
    page = do(client, order, "take_checklist", template=template.pk)
    assert page.context["points_left"] == 3

    said = {"result_1": "ok", "result_2": "failed", "note_2": "Whistles", "result_3": ""}
    page = do(client, order, "fill_in", **said)

    found = order.checklist.values_list("result", "note", "done_by")
    assert list(found) == [
        ("ok", "", str(person)),
        ("failed", "Whistles", str(person)),
        ("", "", ""),
    ]
    assert page.context["points_left"] == 1


def test_what_was_filled_in_before_keeps_who_did(client: Client, order: WorkOrder) -> None:
    do_as = logged_in(client, order.asset.site, "technician")
    do(client, order, "take_checklist", template=make_template("Oil", "Noise").pk)
    do(client, order, "fill_in", result_1="ok")
    other = logged_in(client, order.asset.site, "engineer")
    # The page was opened before the first point was filled in.
    said = {"initial-result_1": "", "result_1": "", "initial-result_2": "", "result_2": "na"}

    do(client, order, "fill_in", **said)

    assert list(order.checklist.values_list("result", "done_by")) == [
        ("ok", str(do_as)),
        ("na", str(other)),
    ]


def test_a_point_not_in_order_makes_an_order_where_it_is_to(
    admin_client: Client, order: WorkOrder
) -> None:
    template = make_template("Belt")
    TemplatePoint.objects.update(on_fail=OnFail.CREATE_WORK_ORDER)
    do(admin_client, order, "take_checklist", template=template.pk)

    page = do(admin_client, order, "fill_in", result_1="failed")

    follow_up = WorkOrder.objects.exclude(pk=order.pk).get()
    assert f"{follow_up.number}</a>" in page.content.decode()


def test_all_points_are_filled_in_or_none(
    admin_client: Client, order: WorkOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(admin_client, order, "take_checklist", template=make_template("Oil", "Noise").pk)
    usual = checklists.fill_in

    def refusing(pk: int, position: int, **said: object) -> object:
        if position == 2:
            raise RefusedError("not_at_work", "Somebody has completed it.")
        return usual(pk, position, **said)  # type: ignore[arg-type]

    monkeypatch.setattr(checklists, "fill_in", refusing)
    refused = do(admin_client, order, "fill_in", result_1="ok", result_2="ok")

    assert "Somebody has completed it" in words_of(refused)
    assert not order.checklist.exclude(result="").exists()


def test_lists_for_other_types_of_asset_are_not_offered(
    admin_client: Client, order: WorkOrder
) -> None:
    template = make_template("Belt", asset_type=AssetType.objects.create(code="fan", name="Fan"))

    refused = do(admin_client, order, "take_checklist", template=template.pk)

    assert "take_checklist" not in page_of(admin_client, order).context["forms"]
    assert "template" in refused.context["form"].errors


def test_a_planner_says_what_skills_it_takes(client: Client) -> None:
    order = make_work_order(state="approved")
    oil, vib = (Skill.objects.create(code=code, name=code) for code in ("oil", "vib"))
    order.required_skills.create(skill=oil, level=2)
    logged_in(client, order.asset.site, "planner")

    do(client, order, "skills", **{f"skill_{oil.pk}": "", f"skill_{vib.pk}": "4"})

    assert list(order.required_skills.values_list("skill", "level")) == [(vib.pk, 4)]


def test_nothing_is_booked_before_the_work_begins(admin_client: Client) -> None:
    order = make_work_order(state="approved")
    assert "labour" not in page_of(admin_client, order).context["forms"]

    refused = do(admin_client, order, "part", name="Bearing", quantity="1", unit_cost="1")

    assert "nothing is booked on it now" in words_of(refused)
    assert not order.parts.exists()


@pytest.mark.parametrize("name", ["comment", "labour", "part", "downtime", "attach"])
def test_who_only_looks_puts_nothing_down(name: str, client: Client, order: WorkOrder) -> None:
    logged_in(client, order.asset.site, "viewer")

    assert page_of(client, order).context["forms"] == {}
    assert do(client, order, name, words="Hello").status_code == 403
