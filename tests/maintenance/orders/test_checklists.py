"""What has to be looked at, and what follows when it is not in order."""

from __future__ import annotations

from functools import partial

import pytest

from maintenance.models import ChecklistPoint, ChecklistTemplate, TemplatePoint, WorkOrder
from maintenance.orders.checklists import MOST_POINTS, fill_in, take_checklist
from maintenance.orders.remarks import comment
from sensors.models import AssetType
from tests.maintenance.orders.made import code_of, order_in, person, refused, told
from tests.races import race

pytestmark = pytest.mark.django_db


def template_of(*words: str, **fields: object) -> ChecklistTemplate:
    made = ChecklistTemplate.objects.create(name=f"List {ChecklistTemplate.objects.count()}")
    TemplatePoint.objects.bulk_create(
        TemplatePoint(template=made, position=n, words=word, **fields)
        for n, word in enumerate(words, 1)
    )
    return made


def with_point(state: str = "in_progress", **fields: object) -> WorkOrder:
    order = order_in(state, priority="P2")
    defaults = {"position": 1, "words": "Shaft seal: leakage", "on_fail": "create_work_order"}
    ChecklistPoint.objects.create(work_order=order, **defaults | fields)
    return order


def filled(order: WorkOrder, result: str, role: str = "technician", note: str = "") -> None:
    fill_in(order.pk, 1, by=person(order, role), result=result, note=note)


def test_points_are_copied_behind_each_other_and_stay_as_they_were() -> None:
    order, template = order_in("approved"), template_of("Bearings", "Seal", is_mandatory=False)
    for _ in range(2):
        take_checklist(order.pk, template, by=person(order, "technician"))
    template.points.update(words="Other")

    points = [(p.position, p.words, p.is_mandatory) for p in order.checklist.all()]
    assert points == [
        (1, "Bearings", False),
        (2, "Seal", False),
        (3, "Bearings", False),
        (4, "Seal", False),
    ]


@pytest.mark.parametrize("state", ["completed", "closed", "cancelled"])
def test_what_is_over_gets_no_other_list(state: str) -> None:
    order = order_in(state)

    with refused("not_changeable", state=state):
        take_checklist(order.pk, template_of("Seal"), by=person(order))


def test_a_list_is_of_the_type_of_the_asset_and_has_an_end() -> None:
    order = order_in("approved")
    of_fans = template_of("Belt")
    of_fans.asset_type = AssetType.objects.create(code="fan", name="Fan")
    of_fans.save()
    long = template_of(*(f"Point {n}" for n in range(MOST_POINTS + 1)))

    with refused("wrong_type"):
        take_checklist(order.pk, of_fans, by=person(order))
    with refused("too_many_rows"):
        take_checklist(order.pk, long, by=person(order))
    with refused("permission_denied"):
        take_checklist(order.pk, template_of("Seal"), by=person(order, "viewer"))
    assert not order.checklist.exists()


@pytest.mark.parametrize("state", WorkOrder.State.values)
def test_points_are_filled_in_while_the_work_goes_on(state: str) -> None:
    order = with_point(state)

    refusal = "" if state in ("in_progress", "on_hold") else "not_at_work"
    assert code_of(filled, order, "ok") == refusal
    assert order.checklist.get().done_by == ("" if refusal else "erika")


def test_what_was_said_may_be_taken_back_but_not_made_up() -> None:
    order = with_point()
    filled(order, "ok")
    filled(order, "")

    point = order.checklist.get()
    assert (point.result, point.done_by, point.done_at) == ("", "", None)
    with refused("unknown_result"):
        filled(order, "fine")
    with refused("permission_denied"):
        filled(order, "ok", "viewer")
    with pytest.raises(ChecklistPoint.DoesNotExist):
        fill_in(order.pk, 9, by=person(order), result="ok")


@pytest.mark.parametrize(
    ("result", "on_fail", "makes_one"),
    [
        ("failed", "create_work_order", True),
        ("failed", "nothing", False),
        ("ok", "create_work_order", False),
        ("na", "create_work_order", False),
    ],
)
def test_what_failed_makes_an_order_where_the_point_asks_for_it(
    result: str, on_fail: str, makes_one: bool
) -> None:
    order = with_point(on_fail=on_fail)

    with told() as heard:
        filled(order, result, note="Drips")

    made = WorkOrder.objects.exclude(pk=order.pk).first()
    assert order.checklist.get().follow_up == made
    assert (made is not None) is makes_one
    if made:
        assert (made.state, made.origin, made.priority) == ("proposed", "corrective", "P2")
        assert made.title == f"{order.asset.tag}: Shaft seal: leakage"
        assert made.description.splitlines()[1] == "Drips"
        assert heard == [("proposed", made.pk, "")]


def test_it_makes_one_order_however_often_it_is_said() -> None:
    order = with_point()

    for result in ("failed", "failed", "ok", "failed"):
        filled(order, result)

    assert WorkOrder.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
def test_two_who_say_so_at_once_make_one_order() -> None:
    order = with_point()

    race(*[partial(filled, order, "failed")] * 2)

    assert WorkOrder.objects.count() == 2


@pytest.mark.parametrize("state", WorkOrder.State.values)
def test_one_may_say_something_at_any_time(state: str) -> None:
    order = order_in(state)

    assert comment(order.pk, by=person(order, "technician"), words="Hm").author == "erika"
    with refused("permission_denied"):
        comment(order.pk, by=person(order, "viewer"), words="Hm")
