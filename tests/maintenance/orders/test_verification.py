"""Does the repair prove itself?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from agents.orders import bring_back_deferred as bring_back_task
from agents.orders import verify_orders as verify_task
from maintenance.decision import decide_undecided
from maintenance.models import Anomaly, WorkOrder
from maintenance.orders.transitions import move
from maintenance.orders.verification import verify_orders
from mlops.watching.operated import operated
from sensors.models import Asset
from tests.factories import NOON, make_asset, make_history, make_sensor
from tests.maintenance.orders.made import anomaly_of, code, found, order_in, person, told

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def repaired(asset: Asset | None = None, **fields: Any) -> WorkOrder:
    """An order on an overheated asset that was completed at noon. Its anomaly had ended."""
    mode = code("mode", code="HOT", sensor_kinds=[])
    fields = {"origin": "predictive", "asset": asset or make_asset()} | fields
    order = order_in("in_progress", suspected_mode=mode, **fields)
    over = timezone.now() - HOUR
    ended: dict[str, Any] = {"started_at": over - HOUR, "last_seen_at": over, "ended_at": over}
    anomaly_of(order.asset, work_order=order, decision_pending=False, **ended)
    return completed(order)


def completed(order: WorkOrder) -> WorkOrder:
    said = found(order, failure_mode=order.suspected_mode)
    return move(order.pk, "completed", by=person(order), completion=said)


def again(order: WorkOrder, at: datetime, **fields: Any) -> Anomaly:
    """The anomaly of the order comes back on its sensor."""
    first = order.anomalies.earliest("pk")
    times = {"started_at": at, "last_seen_at": at, "peak_at": at}
    made = anomaly_of(order.asset, **times | {"decision_pending": False} | fields)
    Anomaly.objects.filter(pk=made.pk).update(sensor=first.sensor)
    return made


def test_what_does_not_come_back_is_proven_and_closed(clock: Any) -> None:
    order = repaired()
    clock.move_to(NOON + 48 * HOUR - timedelta(seconds=1))
    assert verify_orders() == {}

    clock.move_to(NOON + 48 * HOUR)
    assert verify_orders() == {"proven": 1}

    order.refresh_from_db()
    assert (order.state, order.verification, order.closed_at) == (
        "closed",
        "proven",
        NOON + 48 * HOUR,
    )
    step = order.transitions.latest("pk")
    assert (step.actor_name, step.reason) == (
        "",
        "It has not come back in 48 hours of operation",
    )
    assert verify_orders() == {}


def test_what_a_planner_has_closed_is_watched_on(clock: Any) -> None:
    order = repaired()
    move(order.pk, "closed", by=person(order))
    clock.move_to(NOON + 48 * HOUR)

    assert verify_orders() == {"proven": 1}
    assert order.transitions.filter(to_state="closed").count() == 1


def test_what_comes_back_reopens_the_order(clock: Any) -> None:
    order = repaired()
    clock.move_to(NOON + 20 * HOUR)
    back = again(order, NOON + 20 * HOUR)

    assert verify_orders() == {"recurred": 1}

    order.refresh_from_db()
    back.refresh_from_db()
    assert (order.state, order.verification, back.work_order) == ("in_progress", "recurred", order)
    assert order.transitions.latest("pk").reason == f"It has come back, see anomaly {back.pk}"
    assert completed(order).verification == "pending"


def test_what_comes_back_after_it_was_closed_has_a_follow_up(clock: Any) -> None:
    order = repaired()
    move(order.pk, "closed", by=person(order))
    back = again(order, NOON + HOUR)
    clock.move_to(NOON + HOUR)

    with told() as heard:
        assert verify_orders() == {"recurred": 1}

    order.refresh_from_db()
    follow_up = order.recurrences.get()
    assert (order.state, order.verification) == ("closed", "recurred")
    assert (follow_up.state, follow_up.title) == ("proposed", "Again: Look at it")
    assert follow_up.anomalies.get() == back
    assert heard == [("proposed", follow_up.pk, "")]
    assert verify_orders() == {}


def test_an_order_that_is_open_for_it_is_the_follow_up(clock: Any) -> None:
    order = repaired()
    onward = order_in("approved", asset=order.asset)
    again(order, NOON + HOUR, work_order=onward)
    clock.move_to(NOON + HOUR)

    verify_orders()

    onward.refresh_from_db()
    order.refresh_from_db()
    assert onward.recurrence_of == order
    assert (order.state, order.verification) == ("completed", "recurred")


@pytest.mark.parametrize(
    "unlike",
    [
        {"started_at": NOON - HOUR},
        {"severity_worst": 1},
        {"suppression": "window"},
        {"verdict": "false_positive"},
        {"verdict": "sensor_fault"},
        {"kind": "stuck"},
    ],
)
def test_what_is_not_the_same_or_not_real_does_not_count(
    clock: Any, unlike: dict[str, Any]
) -> None:
    order = repaired()
    clock.move_to(NOON + 48 * HOUR)
    ended = {"last_seen_at": NOON + 2 * HOUR, "ended_at": NOON + 3 * HOUR}
    again(order, NOON + HOUR, **ended | unlike)

    assert verify_orders() == {"proven": 1}


def test_what_has_never_ceased_is_no_success(clock: Any) -> None:
    order = repaired()
    order.anomalies.update(ended_at=None, last_seen_at=NOON + 47 * HOUR)
    clock.move_to(NOON + 47 * HOUR)
    assert verify_orders() == {}

    clock.move_to(NOON + 48 * HOUR)
    assert verify_orders() == {"recurred": 1}


def test_deciding_reopens_as_well_and_makes_no_second_order(clock: Any) -> None:
    order = repaired()
    clock.move_to(NOON + HOUR)
    back = again(order, NOON + HOUR, decision_pending=True)

    decide_undecided()

    back.refresh_from_db()
    order.refresh_from_db()
    assert (order.state, order.verification, back.work_order) == ("in_progress", "recurred", order)
    assert WorkOrder.objects.count() == 1


def test_deciding_names_the_closed_order_on_the_next(clock: Any) -> None:
    order = repaired()
    move(order.pk, "closed", by=person(order))
    clock.move_to(NOON + HOUR)
    again(order, NOON + HOUR, decision_pending=True)

    decide_undecided()

    order.refresh_from_db()
    assert order.verification == "recurred"
    assert order.recurrences.get().state == "proposed"


@pytest.mark.parametrize(
    ("peak", "state"), [(NOON - HOUR, "completed"), (NOON + HOUR, "in_progress")]
)
def test_what_is_left_of_the_anomaly_is_watched_unless_it_gets_worse(
    clock: Any, peak: datetime, state: str
) -> None:
    order = repaired()
    order.anomalies.update(ended_at=None, peak_at=peak, decision_pending=True)
    order.anomalies.get().symptoms.update(ended_at=None)
    clock.move_to(NOON + 2 * HOUR)

    decide_undecided()

    order.refresh_from_db()
    assert order.state == state
    assert WorkOrder.objects.count() == 1


def test_one_that_cannot_be_verified_holds_up_no_other(clock: Any) -> None:
    odd, sound = repaired(), order_in("in_progress", suspected_mode=code("mode"))
    completed(sound)
    clock.move_to(NOON + 48 * HOUR)

    def fails(asset: Asset, start: datetime, end: datetime) -> timedelta:
        if asset == odd.asset:
            raise ValueError("odd")
        return end - start

    assert verify_orders(fails) == {"proven": 1}
    odd.refresh_from_db()
    assert odd.verification == "pending"


def test_only_hours_in_which_the_machine_ran_count(clock: Any) -> None:
    """It runs from the tenth hour on, says the sensor that tells so."""
    asset = make_asset()
    gate = make_sensor(asset=asset, kind="speed")
    make_sensor(asset=asset, gate=gate, runs_above=100)
    order = repaired(asset)
    values = [0.0] * 10 + [1_500.0] * 60
    make_history(gate, values, until=NOON + 70 * HOUR, every=HOUR)

    for hours, ran in ((9, 0), (11, 1), (57, 47), (58, 48)):
        assert operated(asset, NOON, NOON + hours * HOUR) == ran * HOUR
    clock.move_to(NOON + 57 * HOUR)
    verify_task()
    order.refresh_from_db()
    assert order.verification == "pending"

    clock.move_to(NOON + 58 * HOUR)
    verify_task()
    order.refresh_from_db()
    assert (order.state, order.verification) == ("closed", "proven")


@pytest.mark.parametrize("day", ["2026-03-28T20:00", "2026-10-24T20:00"])
def test_a_day_on_which_the_clocks_change_has_its_own_hours(clock: Any, day: str) -> None:
    """48 hours are 48 hours, in Berlin as elsewhere, whatever the clock on the wall says."""
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    start = start.astimezone(UTC)
    clock.move_to(start)
    repaired()
    clock.move_to(start + 47 * HOUR)
    assert verify_orders() == {}
    clock.move_to(start + 48 * HOUR)
    assert verify_orders() == {"proven": 1}


def test_the_tasks_of_beat_do_it(clock: Any) -> None:
    order = order_in("proposed", deferred_until=NOON + HOUR)
    repaired()
    clock.move_to(NOON + 48 * HOUR)

    bring_back_task()
    verify_task()

    order.refresh_from_db()
    assert order.deferred_until is None
    assert WorkOrder.objects.filter(verification="proven").count() == 1
