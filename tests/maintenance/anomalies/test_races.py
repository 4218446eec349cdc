"""Several at once: the database decides, and nobody's work is lost."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from maintenance.anomalies.acknowledging import acknowledge
from maintenance.anomalies.judging import merge
from maintenance.models import Anomaly, WorkOrder
from maintenance.orders.from_anomaly import create_work_order
from maintenance.recording import record_episodes
from maintenance.refusals import RefusedError
from sensors.models import Sensor
from tests.factories import make_anomaly, make_asset, make_sensor
from tests.maintenance.anomalies.recorded import scored, worker
from tests.races import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sleeping_agents")]


def refusal_of(act: Any, *args: Any, **said: Any) -> str:
    """The code of what was refused, empty if it was done."""
    try:
        act(*args, **said)
    except RefusedError as exc:
        return exc.code
    return ""


def test_a_sensor_has_one_open_anomaly_of_a_kind_whoever_records_it() -> None:
    sensor = make_sensor()

    def run(start: int) -> None:
        with transaction.atomic():
            list(Sensor.objects.filter(pk=sensor.pk).locked())
            record_episodes([scored(sensor, [2.5], start=start)])

    race(*(partial(run, start) for start in range(3)))

    assert Anomaly.objects.count() == 1


def test_who_forgets_to_lock_is_stopped_by_the_database() -> None:
    sensor = make_sensor()

    def run() -> bool:
        try:
            make_anomaly(sensor)
        except IntegrityError as exc:
            assert "one_open_" in str(exc)
            return False
        return True

    assert sorted(race(run, run, run)) == [False, False, True]
    assert Anomaly.objects.open().count() == 1


def test_two_who_acknowledge_at_once_are_not_both_the_one() -> None:
    anomaly = make_anomaly()
    by = worker(anomaly.asset.site_id)

    told = race(*[partial(refusal_of, acknowledge, anomaly.pk, by=by)] * 2)

    assert sorted(told) == ["", "already_acknowledged"]
    assert anomaly.log.count() == 1


def test_two_anomalies_of_an_asset_become_one_order_at_once() -> None:
    asset = make_asset()
    pair = [make_anomaly(make_sensor(asset=asset)) for _ in range(2)]
    by = worker(asset.site_id)

    told = race(*(partial(refusal_of, create_work_order, a.pk, by=by) for a in pair))

    assert sorted(told) == ["", "asset_has_open_order"]
    assert WorkOrder.objects.count() == 1


def test_two_who_merge_crosswise_leave_one_to_act_on() -> None:
    asset = make_asset()
    one, other = (make_anomaly(make_sensor(asset=asset)) for _ in range(2))
    by = worker(asset.site_id)

    told = race(
        partial(refusal_of, merge, one.pk, by=by, into=other.pk),
        partial(refusal_of, merge, other.pk, by=by, into=one.pk),
    )

    assert sorted(told) == ["", "merged"]
    assert Anomaly.objects.filter(merged_into=None).count() == 1


def test_what_a_person_does_is_not_overwritten_by_readings_that_come_meanwhile() -> None:
    sensor = make_sensor()
    anomaly = make_anomaly(sensor, severity_worst=1)
    by = worker(sensor.site_id)

    def run() -> None:
        with transaction.atomic():
            list(Sensor.objects.filter(pk=sensor.pk).locked())
            record_episodes([scored(sensor, [3.5], start=1)])

    race(run, partial(acknowledge, anomaly.pk, by=by))

    anomaly.refresh_from_db()
    assert anomaly.acknowledged_at is not None
    assert anomaly.re_alarm_at is not None
    assert anomaly.severity_worst == 4
