"""One open predictive order for each asset and suspected failure mode."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import transaction

from maintenance.decision import decide_undecided
from maintenance.models import FailureCode, WorkOrder
from maintenance.orders.from_anomaly import create_work_order
from maintenance.orders.transitions import move
from sensors.models import AssetType
from tests.factories import NOON, make_asset, make_work_order
from tests.maintenance.orders.made import anomaly_of, code_of, found, order_in, person, told
from tests.races import race

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def decide() -> None:
    with transaction.atomic():
        decide_undecided()


def modes() -> list[str | None]:
    orders = WorkOrder.objects.select_related("suspected_mode").order_by("pk")
    return [order.suspected_mode and order.suspected_mode.code for order in orders]


@pytest.mark.parametrize(
    ("measures", "kind", "mode"),
    [
        ("temperature", "high_limit", "OHE"),
        ("vibration", "deviation", "VIB"),
        ("flow", "low_limit", "PDE"),
        ("vibration", "stuck", "AIR"),
        ("temperature", "no_data", "AIR"),
        ("other", "high_limit", None),
    ],
)
def test_a_sensor_points_to_a_failure_mode(measures: str, kind: str, mode: str | None) -> None:
    # Of a limit, the worst grade; of a fault of a sensor, the one that is worth an order.
    anomaly_of(measures=measures, kind=kind, severity_worst=4)

    decide()

    assert modes() == [mode]


def test_the_codes_of_the_own_type_go_before_and_unused_ones_are_not_suspected() -> None:
    pump = AssetType.objects.create(code="pump", name="Pump")
    fields = {"aspect": "mode", "asset_type": pump, "name": "X"}
    FailureCode.objects.create(**fields, code="A", sensor_kinds=["flow"], is_active=False)
    FailureCode.objects.create(**fields, code="B", sensor_kinds=["flow"])
    FailureCode.objects.create(**fields, code="C", sensor_kinds=["flow"])
    anomaly_of(make_asset(type=pump), "flow")

    decide()

    assert modes() == ["B"]


def test_two_modes_are_two_orders_and_further_anomalies_join_theirs() -> None:
    asset = make_asset()
    anomaly_of(asset, "temperature")
    anomaly_of(asset, "vibration")
    decide()
    late = [anomaly_of(asset, kind) for kind in ("vibration", "temperature", "flow")]
    decide()

    assert modes() == ["OHE", "VIB", "PDE"]
    hot, shaking, flow = WorkOrder.objects.order_by("pk")
    for anomaly, order in zip(late, (shaking, hot, flow), strict=True):
        anomaly.refresh_from_db()
        assert anomaly.work_order == order
    assert [order.anomalies.count() for order in (hot, shaking, flow)] == [2, 2, 1]


def test_an_anomaly_stays_with_its_order_when_it_points_elsewhere() -> None:
    asset = make_asset()
    anomaly = anomaly_of(asset, "temperature")
    decide()
    order = WorkOrder.objects.get()
    FailureCode.objects.filter(code="OHE").update(sensor_kinds=[])
    anomaly.refresh_from_db()
    anomaly.decision_pending = True
    anomaly.save()

    decide()

    assert WorkOrder.objects.get() == order


def test_an_anomaly_stays_with_the_order_of_a_person_in_which_it_goes_on() -> None:
    order = order_in("approved", origin="corrective", priority="P4")
    anomaly = anomaly_of(order.asset, work_order=order)

    decide()

    anomaly.refresh_from_db()
    assert WorkOrder.objects.get() == anomaly.work_order == order
    order.refresh_from_db()
    assert order.priority == "P3"


def test_sensors_of_different_kinds_that_are_each_faint_agree() -> None:
    asset = make_asset()
    for kind in ("temperature", "vibration"):
        anomaly_of(asset, kind, severity_worst=1)

    decide()

    assert WorkOrder.objects.get().anomalies.count() == 2


def test_what_was_put_off_comes_back_when_it_becomes_more_urgent() -> None:
    asset = make_asset()
    first = anomaly_of(asset, severity_worst=2)
    decide()
    order = WorkOrder.objects.get()
    WorkOrder.objects.filter(pk=order.pk).update(deferred_until=NOON.replace(month=7))
    anomaly_of(asset, severity_worst=4)

    with told() as heard:
        decide()

    order.refresh_from_db()
    assert order.deferred_until is None
    assert [event for event, *_ in heard] == ["extended"]
    assert first.asset == order.asset


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
class TestRaces:
    def test_two_workers_make_one_order_for_each_mode(self) -> None:
        asset = make_asset()
        for kind in ("temperature", "vibration", "temperature"):
            anomaly_of(asset, kind)

        race(decide, decide)

        assert sorted(filter(None, modes())) == ["OHE", "VIB"]
        assert sorted(o.anomalies.count() for o in WorkOrder.objects.all()) == [1, 2]

    def test_a_person_and_a_worker_make_one_order(self) -> None:
        asset = make_asset()
        anomalies = [anomaly_of(asset) for _ in range(3)]
        by = person(asset)

        told = race(
            lambda: code_of(decide),
            *(partial(code_of, create_work_order, a.pk, by=by) for a in anomalies[:2]),
        )

        assert told[0] == ""
        assert set(told[1:]) <= {"", "asset_has_open_order", "has_open_order"}
        assert WorkOrder.objects.get().anomalies.count() == 3

    def test_who_forgets_to_lock_is_stopped_by_the_database(self) -> None:
        asset = make_asset()

        def open_one() -> str:
            try:
                make_work_order(asset=asset, suspected_mode=None)
            except Exception as exc:
                return str(exc).split('"')[1]
            return ""

        name = "one_open_predictive_order_per_asset_and_mode"
        assert sorted(race(open_one, open_one)) == ["", name]

    def test_nothing_joins_an_order_that_is_just_being_completed(self) -> None:
        asset = make_asset()
        mode = FailureCode.objects.get(code="OHE", asset_type=None)
        order = make_work_order(asset=asset, state="in_progress", suspected_mode=mode)
        anomaly = anomaly_of(asset)
        said = found(order)

        def completed() -> str:
            return code_of(move, order.pk, "completed", by=person(order), completion=said)

        done, _ = race(completed, decide)

        anomaly.refresh_from_db()
        order.refresh_from_db()
        if done == "":
            assert anomaly.work_order != order
        else:
            assert (done, order.state) == ("incomplete", "in_progress")
            assert anomaly.work_order == order

    def test_an_order_moves_once_whoever_moves_it(self) -> None:
        order = order_in("approved")
        cancel = partial(move, order.pk, "cancelled", by=person(order), reason="Sold")

        assert sorted(race(*[partial(code_of, cancel)] * 2)) == ["", "illegal_move"]
        assert order.transitions.count() == 1
