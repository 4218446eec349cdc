"""What people said of anomalies is what alarms of a back-test are held against."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mlops.backtesting.judging import Labelled
from mlops.backtesting.labels import labelled_for
from mlops.backtesting.questions import Question
from sensors.models import Sensor
from tests.factories import MINUTE, NOON, make_anomaly, make_history, make_sensor

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def labels(sensor: Sensor, *given: dict[str, Any], as_asset: bool = False) -> list[Labelled]:
    span = {"start": NOON - 5 * HOUR, "end": NOON}
    return labelled_for([sensor], given, as_asset=as_asset, **span)


def judged_anomaly(sensor: Sensor, verdict: str, **fields: Any) -> Any:
    span = {"started_at": NOON - 2 * HOUR, "last_seen_at": NOON - HOUR, "ended_at": NOON - HOUR}
    return make_anomaly(sensor, verdict=verdict, **span | fields)


@pytest.mark.parametrize(
    ("verdict", "is_fault"),
    [
        ("confirmed", True),
        ("sensor_fault", True),
        ("false_positive", False),
        ("expected_operation", False),
        ("duplicate", None),
        ("inconclusive", None),
        ("", None),
    ],
)
def test_a_verdict_is_a_label_over_the_span_of_its_anomaly(
    verdict: str, is_fault: bool | None
) -> None:
    sensor = make_sensor()
    judged_anomaly(sensor, verdict, acknowledged_at=NOON)

    found = labels(sensor)

    if is_fault is None:
        assert found == []
    else:
        span = (NOON - 2 * HOUR, NOON - HOUR)
        assert found == [Labelled(*span, is_fault, sensor_id=sensor.pk, noticed_at=NOON)]


def test_what_an_asset_does_as_a_whole_is_a_label_of_the_asset() -> None:
    sensor = make_sensor()
    judged_anomaly(sensor, "confirmed", is_joint=True, kind="deviation")

    assert [(label.sensor_id, label.asset_id) for label in labels(sensor)] == [
        (None, sensor.asset_id)
    ]


def test_of_a_back_test_of_an_asset_all_are_of_the_asset() -> None:
    sensor = make_sensor()
    judged_anomaly(sensor, "confirmed")
    judged_anomaly(make_sensor(asset=sensor.asset), "confirmed")

    assert {label.asset_id for label in labels(sensor, as_asset=True)} == {sensor.asset_id}
    assert len(labels(sensor, as_asset=True)) == 2
    assert len(labels(sensor)) == 1


@pytest.mark.parametrize(
    ("started_at", "ended_at", "counts"),
    [
        (NOON - 9 * HOUR, NOON - 6 * HOUR, False),
        (NOON - 9 * HOUR, NOON - 4 * HOUR, True),
        (NOON - HOUR, None, True),
        (NOON, None, False),
    ],
)
def test_what_lies_within_the_interval_counts(
    started_at: Any, ended_at: Any, counts: bool
) -> None:
    sensor = make_sensor()
    judged_anomaly(
        sensor, "confirmed", started_at=started_at, ended_at=ended_at, last_seen_at=started_at
    )

    assert bool(labels(sensor)) == counts


def test_what_was_given_counts_where_both_speak_of_the_same() -> None:
    sensor = make_sensor()
    judged_anomaly(sensor, "confirmed")
    of_then = {
        "sensor": sensor.code,
        "from": (NOON - 3 * HOUR).isoformat(),
        "to": (NOON - 1.5 * HOUR).isoformat(),
        "verdict": "false_positive",
    }
    of_before = of_then | {"to": (NOON - 2.5 * HOUR).isoformat()}

    assert [label.is_fault for label in labels(sensor, of_then)] == [False]
    assert [label.is_fault for label in labels(sensor, of_before)] == [False, True]


def test_a_back_test_is_judged_by_verdicts() -> None:
    sensor = make_sensor(alarm_high=90)
    make_history(sensor, [50.0] * 60 + [95.0] * 10 + [50.0] * 30)
    begun = NOON - 40 * MINUTE
    judged_anomaly(sensor, "confirmed", started_at=begun, ended_at=begun + 10 * MINUTE)

    question = Question.of([sensor], NOON - 100 * MINUTE, NOON, "limits", {})
    [outcome] = question.answer()

    assert (outcome.judgement.precision, outcome.judgement.recall) == (1.0, 1.0)
