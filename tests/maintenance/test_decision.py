from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from maintenance import policy
from maintenance.decision import decide_undecided
from maintenance.models import Anomaly, FailureCode, Notification, WorkOrder
from tests.factories import NOON, make_anomaly, make_asset, make_sensor, make_work_order
from tests.races import race


def overheating() -> FailureCode:
    """What temperatures point to."""
    return FailureCode.objects.get(code="OHE", asset_type=None)


@pytest.mark.django_db
@time_machine.travel(NOON, tick=False)
def test_a_serious_anomaly_becomes_an_order() -> None:
    sensor = make_sensor(asset=make_asset(tag="P-1", criticality=3), code="T1")
    anomaly = make_anomaly(sensor, severity_worst=3, reason="too hot")

    decide_undecided()

    order = WorkOrder.objects.get()
    anomaly.refresh_from_db()
    assert (order.asset, order.state, order.origin) == (sensor.asset, "proposed", "predictive")
    assert (order.priority, order.due_at) == ("P2", NOON + timedelta(days=3))
    assert order.title == "P-1: high limit on T1"
    assert order.description == "T1: too hot"
    assert "lubrication" in order.recommendation
    assert (anomaly.work_order, anomaly.decision_pending) == (order, False)


@pytest.mark.django_db
def test_the_order_keeps_a_trace_of_the_decision() -> None:
    sensor = make_sensor(asset=make_asset(criticality=3), code="T1")
    anomaly = make_anomaly(sensor, correlation_ids=["req-1", "req-2"], credibility=0.8)

    decide_undecided()

    assert WorkOrder.objects.get().decision == {
        "policy": policy.VERSION,
        "mode": "suggest",
        "suspected_mode": "OHE Overheating",
        "rules": ["worst severity is high on T1", "criticality 3 x severity 3 gives P2"],
        "anomalies": [
            {
                "sensor": "T1",
                "sensor_kind": "temperature",
                "anomaly_kind": "high_limit",
                "severity": 3,
                "credibility": 0.8,
                "id": anomaly.pk,
                "detector": "limits#1",
                "score": 2.5,
            }
        ],
        "correlation_ids": ["req-1", "req-2"],
    }


@pytest.mark.django_db
def test_a_single_low_anomaly_is_only_watched() -> None:
    anomaly = make_anomaly(severity_worst=1)

    decide_undecided()

    anomaly.refresh_from_db()
    assert not anomaly.decision_pending
    assert not WorkOrder.objects.exists()
    assert not Notification.objects.exists()


@pytest.mark.django_db
def test_a_watched_anomaly_counts_when_a_second_sensor_agrees() -> None:
    asset = make_asset()
    first = make_anomaly(make_sensor(asset=asset), severity_worst=1)
    decide_undecided()
    second = make_anomaly(make_sensor(asset=asset), severity_worst=1)

    decide_undecided()

    order = WorkOrder.objects.get()
    assert set(order.anomalies.all()) == {first, second}


@pytest.mark.django_db
def test_a_watched_anomaly_that_ended_does_not_count() -> None:
    asset = make_asset()
    make_anomaly(make_sensor(asset=asset), severity_worst=1, ended_at=NOON)
    decide_undecided()
    make_anomaly(make_sensor(asset=asset), severity_worst=1)

    decide_undecided()

    assert not WorkOrder.objects.exists()


@pytest.mark.django_db
def test_deciding_twice_is_deciding_once() -> None:
    make_anomaly()
    decide_undecided()

    with CaptureQueriesContext(connection) as captured:
        decide_undecided()

    assert len(captured) == 1
    assert WorkOrder.objects.count() == Notification.objects.count() == 1


@pytest.mark.django_db
@time_machine.travel(NOON, tick=False)
def test_an_open_order_is_extended_and_not_doubled() -> None:
    asset = make_asset(criticality=2)
    make_anomaly(make_sensor(asset=asset), severity_worst=2, reason="warm")
    decide_undecided()
    before = WorkOrder.objects.get()
    make_anomaly(make_sensor(asset=asset), severity_worst=4, reason="hot")

    decide_undecided()

    order = WorkOrder.objects.get()
    assert order.pk == before.pk
    assert (before.priority, order.priority) == ("P3", "P2")
    assert order.due_at == NOON + timedelta(days=3)
    assert [line.split(": ")[1] for line in order.description.split("\n")] == ["warm", "hot"]
    assert order.decision["before"] == [before.decision]
    events = Notification.objects.order_by("pk").values_list("event", flat=True)
    assert list(events) == ["proposed", "extended"]


@pytest.mark.django_db
def test_an_order_is_extended_whatever_open_state_it_is_in() -> None:
    for state in ("approved", "scheduled", "in_progress", "on_hold"):
        anomaly = make_anomaly()
        order = make_work_order(asset=anomaly.asset, state=state, suspected_mode=overheating())

        decide_undecided()

        assert list(order.anomalies.all()) == [anomaly]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["completed", "closed", "cancelled"])
def test_after_an_order_has_ended_the_next_anomaly_opens_one(state: str) -> None:
    anomaly = make_anomaly()
    make_work_order(asset=anomaly.asset, state=state, suspected_mode=overheating())

    decide_undecided()

    assert WorkOrder.objects.open().count() == 1


@pytest.mark.django_db
def test_an_order_of_another_origin_stays_out_of_it() -> None:
    anomaly = make_anomaly()
    preventive = make_work_order(asset=anomaly.asset, origin="preventive")

    decide_undecided()

    assert not preventive.anomalies.exists()
    assert WorkOrder.objects.count() == 2


@pytest.mark.django_db
@time_machine.travel(NOON, tick=False)
def test_a_worsening_of_a_known_anomaly_raises_the_priority_and_is_told() -> None:
    anomaly = make_anomaly(make_sensor(asset=make_asset(criticality=3)), severity_worst=2)
    decide_undecided()
    Anomaly.objects.filter(pk=anomaly.pk).update(severity_worst=4, decision_pending=True)
    anomaly.symptoms.update(score_worst=3.5)

    decide_undecided()

    order = WorkOrder.objects.get()
    assert order.priority == "P1"
    assert order.due_at == NOON + timedelta(hours=8)
    assert [n.event for n in order.notifications.order_by("pk")] == ["proposed", "extended"]


@pytest.mark.django_db
def test_an_urgent_order_never_becomes_less_urgent() -> None:
    anomaly = make_anomaly(severity_worst=2)
    fields = {"priority": "P1", "due_at": NOON, "suspected_mode": overheating()}
    order = make_work_order(asset=anomaly.asset, **fields)

    decide_undecided()

    order.refresh_from_db()
    assert (order.priority, order.due_at) == ("P1", NOON)


@pytest.mark.django_db
@pytest.mark.parametrize("is_known", [True, False])
def test_an_asset_has_one_open_predictive_order_of_a_mode_at_most(is_known: bool) -> None:
    asset, mode = make_asset(), overheating()
    fields = {"asset": asset, "suspected_mode": mode if is_known else None}
    make_work_order(**fields)
    make_work_order(**fields, state="closed")
    make_work_order(**fields, origin="corrective")
    make_work_order(**fields | {"suspected_mode": None if is_known else mode})

    with pytest.raises(IntegrityError, match="one_open_predictive_order_per_asset_and_mode"):
        make_work_order(**fields, state="on_hold")


@pytest.mark.django_db(transaction=True)
def test_two_workers_open_one_order() -> None:
    asset = make_asset()
    for _ in range(3):
        make_anomaly(make_sensor(asset=asset))

    def decide() -> None:
        with transaction.atomic():
            decide_undecided()

    race(decide, decide, decide)

    order = WorkOrder.objects.get()
    assert order.anomalies.count() == 3
    assert Notification.objects.count() == 1
