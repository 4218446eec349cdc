"""What detectors know may not depend on how, or in which order, readings came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from agents.detect import record_anomalies
from maintenance.models import Anomaly, Symptom
from mlops.detectors.base import Block
from mlops.learning.progress import progress_of
from mlops.models import SensorCheckpoint, SensorState
from mlops.watching import sensors as watching
from mlops.watching import states, stretches
from sensors.models import ReadingBatch, Sensor
from tests.factories import MINUTE, NOON, make_sensor, make_stored, reading

pytestmark = pytest.mark.django_db

VALUES = [20.0, 20.4, 19.6, 20.2, 19.8] * 12 + [20.1, 26.0, 27.0, 26.5, 20.0, 20.3]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that some readings go past checkpoints."""
    monkeypatch.setattr(states, "LATE_READINGS", 20)
    monkeypatch.setattr(watching, "LATE_READINGS", 20)
    monkeypatch.setattr(watching, "LONG", 40)
    monkeypatch.setattr(stretches, "LONG", 40)


def stored(sensor: Sensor, rows: Sequence[tuple[int, float]], **fields: Any) -> ReadingBatch:
    """A batch of readings at these minutes, stored and not gone through yet."""
    readings = [reading(sensor, value, NOON + MINUTE * minute) for minute, value in rows]
    batch = make_stored(sensor.site, *readings, **fields)
    return ReadingBatch.objects.located().get(pk=batch.pk)


def bring(sensor: Sensor, minutes: Sequence[int]) -> ReadingBatch:
    """Live readings of these minutes, stored and gone through."""
    batch = stored(sensor, [(minute, VALUES[minute]) for minute in minutes])
    record_anomalies([batch])
    return batch


def known(sensor: Sensor) -> tuple[datetime, bytes]:
    state = SensorState.objects.get(sensor=sensor)
    return state.until, bytes(state.state)


def deviation_of(sensor: Sensor) -> int:
    """Of how many readings the baseline of a sensor knows."""
    told = progress_of(sensor, SensorState.objects.get(sensor=sensor))
    return next(one.learnt for one in told if one.kind == Symptom.Kind.DEVIATION)


@pytest.fixture
def expected() -> tuple[datetime, bytes]:
    sensor = make_sensor(warning_high=25)
    bring(sensor, range(len(VALUES)))
    return known(sensor)


@pytest.mark.parametrize("size", [1, 7, 30])
def test_batches_of_any_size_lead_to_the_same_state(
    size: int, expected: tuple[datetime, bytes]
) -> None:
    sensor = make_sensor(warning_high=25)

    for start in range(0, len(VALUES), size):
        bring(sensor, range(start, min(start + size, len(VALUES))))

    assert known(sensor) == expected


@pytest.mark.parametrize(
    "order",
    [
        [*range(40), *range(45, 66), *range(40, 45)],
        [*range(1, 66), 0],
        [*range(0, 66, 2), *range(1, 66, 2)],
    ],
    ids=["a hole that is filled", "the first comes last", "every second comes late"],
)
def test_late_readings_lead_to_the_same_state(
    order: list[int], expected: tuple[datetime, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LATE_READINGS", 40)
    sensor = make_sensor(warning_high=25)
    bring(sensor, sorted(order[:33]))

    for minute in order[33:]:
        bring(sensor, [minute])

    assert known(sensor) == expected


def test_the_way_back_does_not_grow_when_each_run_is_late_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sensor = make_sensor()
    sizes: list[int] = []

    def noted(group: Sequence[stretches.Stretch]) -> Block:
        sizes.append(group[0].size)
        return stretches.side_by_side(group)

    monkeypatch.setattr(watching, "side_by_side", noted)
    bring(sensor, [0, 1])

    for minute in range(3, 60, 2):
        bring(sensor, [minute, minute + 1])
        bring(sensor, [minute - 1])

    assert max(sizes) <= stretches.LONG + 2


def test_a_reading_that_is_late_by_less_than_it_may_be_is_gone_through(
    expected: tuple[datetime, bytes],
) -> None:
    sensor = make_sensor(warning_high=25)
    late = len(VALUES) - states.LATE_READINGS
    bring(sensor, [minute for minute in range(50) if minute != late])
    for minute in range(50, len(VALUES)):
        bring(sensor, [minute])

    bring(sensor, [late])

    assert known(sensor) == expected


def test_sensors_do_not_change_each_others_state(expected: tuple[datetime, bytes]) -> None:
    one, other = make_sensor(warning_high=25), make_sensor()
    batches = [
        stored(one, list(enumerate(VALUES))),
        stored(other, [(minute, -value) for minute, value in enumerate(VALUES[:50])]),
    ]

    record_anomalies(batches)

    assert known(one) == expected


def test_what_is_older_than_the_checkpoints_changes_no_state() -> None:
    sensor = make_sensor(warning_high=25)
    for start in range(1, 61, 10):
        bring(sensor, range(start, start + 10))
    before = known(sensor)

    bring(sensor, [0])

    assert known(sensor) == before


def test_only_the_last_checkpoints_are_kept() -> None:
    sensor = make_sensor()

    for start in range(0, 60, 4):
        bring(sensor, range(start, start + 4))

    assert SensorCheckpoint.objects.filter(sensor=sensor).count() == states.CHECKPOINTS


def test_a_new_sensor_is_taught_from_its_history_without_alarms() -> None:
    sensor, watched = make_sensor(warning_high=25), make_sensor()
    stored(sensor, list(enumerate(VALUES)), mode="backfill")

    record_anomalies([stored(sensor, [(len(VALUES), 20.0)])])

    assert not Anomaly.objects.exists()
    record_anomalies([stored(watched, list(enumerate([*VALUES, 20.0])))])
    assert deviation_of(sensor) == deviation_of(watched) == len(VALUES) + 1


def test_states_of_other_detectors_are_learnt_anew(expected: tuple[datetime, bytes]) -> None:
    sensor = make_sensor(warning_high=25)
    bring(sensor, range(50))
    SensorState.objects.filter(sensor=sensor).update(layout="of long ago", state=b"")
    SensorCheckpoint.objects.all().delete()

    bring(sensor, range(50, 66))

    assert known(sensor) == expected


def test_a_late_reading_past_a_limit_opens_an_anomaly_of_its_own_time() -> None:
    sensor = make_sensor(warning_high=25)
    bring(sensor, [*range(61), 64])

    bring(sensor, [62])

    anomaly = Anomaly.objects.get(kind="high_limit")
    assert anomaly.started_at == NOON + MINUTE * 62
    assert anomaly.peak_value == VALUES[62]


def test_many_sensors_take_as_many_queries_as_one(django_assert_max_num_queries: Any) -> None:
    batches = [stored(make_sensor(), list(enumerate(VALUES[: 40 + n]))) for n in range(25)]

    with django_assert_max_num_queries(12):
        record_anomalies(batches)
