"""Detectors over stored history: what they say, by the live rules, and what they leave."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import InternalError, connection

from agents.detect import record_anomalies
from maintenance.models import Anomaly, Symptom
from mlops.backtesting import history
from mlops.backtesting.history import TooMuchHistoryError
from mlops.backtesting.judging import Labelled
from mlops.backtesting.outcomes import Outcome
from mlops.backtesting.trials import backtest
from mlops.chosen_detectors import Choice, DetectorChoiceError
from mlops.models import SensorCheckpoint, SensorState
from mlops.registry import DETECTORS
from sensors.models import Reading, ReadingBatch, Sensor
from sensors.store.read_only import read_only
from tests.factories import MINUTE, NOON, make_history, make_sensor, make_stored, reading

pytestmark = pytest.mark.django_db

LIMITS = Choice("limits", {})
# Ten readings, one a minute until noon; past 80 from the third to the fifth.
VALUES = [20.0, 20, 85, 88, 81, 20, 20, 20, 20, 20]
START = NOON - 10 * MINUTE


def ordinary(readings: int, seed: int = 1) -> list[float]:
    return np.random.default_rng(seed).normal(20, 1, readings).clip(16, 24).tolist()


def run(sensor: Sensor, choice: Choice = LIMITS, start: datetime = START, **more: Any) -> Outcome:
    (outcome,) = backtest([sensor], start, more.pop("end", NOON), [choice], **more)
    return outcome


@pytest.fixture
def sensor() -> Sensor:
    sensor = make_sensor(warning_high=80, alarm_high=100)
    make_history(sensor, VALUES)
    return sensor


def test_an_episode_has_its_beginning_end_peak_and_reason(sensor: Sensor) -> None:
    (alarm,) = run(sensor).alarms

    assert alarm.kind == "high_limit"
    assert alarm.started_at == START + 2 * MINUTE
    assert alarm.ended_at == START + 9 * MINUTE  # The fifth calm reading.
    assert (alarm.peak_at, alarm.peak_value) == (START + 3 * MINUTE, 88.0)
    assert alarm.reason == "88 is at or above the warning limit of 80"


def test_rates_can_be_counted_by_hand(sensor: Sensor) -> None:
    (rates,) = run(sensor).rates

    assert (rates.readings, rates.scored, rates.alarms) == (10, 10, 1)
    assert rates.seconds == 9 * 60
    assert rates.alarms_a_day == pytest.approx(86_400 / 540)
    assert rates.share_in_alarm == pytest.approx(7 / 9)


def test_an_episode_that_has_not_ended_is_in_alarm_until_the_last_reading(sensor: Sensor) -> None:
    outcome = run(sensor, end=START + 6 * MINUTE)

    assert outcome.alarms[0].ended_at is None
    assert outcome.rates[0].share_in_alarm == pytest.approx(3 / 5)


def test_parameters_that_are_given_go_before_those_of_the_sensor(sensor: Sensor) -> None:
    assert run(sensor, Choice.of("limits", {"warning_high": 100})).alarms == []
    assert len(run(sensor, Choice.of("limits", {"warning_low": 20.5})).alarms) == 2


def test_the_past_is_gone_through_without_alarms(sensor: Sensor) -> None:
    outcome = run(sensor, start=START + 5 * MINUTE)

    assert outcome.alarms == []
    assert outcome.rates[0].readings == 5


def test_the_past_is_learnt_from() -> None:
    sensor = make_sensor()
    make_history(sensor, [*ordinary(400), 60.0])
    baseline = Choice.of("seasonal_baseline", {})
    last = NOON - MINUTE

    taught = run(sensor, baseline, last)
    untaught = run(sensor, baseline, last, warm_up=0)

    assert len(taught.alarms) == 1
    assert (untaught.alarms, untaught.rates[0].scored) == ([], 0)


def test_readings_that_are_not_believed_are_left_out(sensor: Sensor) -> None:
    Reading.objects.filter(sensor=sensor, value__gt=80).update(quality=Reading.Quality.BAD)

    outcome = run(sensor)

    assert (outcome.alarms, outcome.rates[0].readings) == ([], 7)


@pytest.mark.parametrize("stride", [1, 7, 2_000])
def test_it_says_what_live_readings_would_have_led_to(
    stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops.backtesting.trials.STRIDE", stride)
    values = ordinary(400)
    values[300:310] = [60.0] * 10
    values[350] = 95.0
    live, stored = make_sensor(warning_high=90), make_sensor(warning_high=90)
    make_history(stored, values)
    begin = NOON - 400 * MINUTE
    readings = [reading(live, value, begin + n * MINUTE) for n, value in enumerate(values)]
    for part in (readings[:200], readings[200:305], readings[305:]):
        batch = make_stored(live.site, *part)
        record_anomalies([ReadingBatch.objects.located().get(pk=batch.pk)])

    found = [
        *run(stored, Choice("seasonal_baseline", {}), begin).alarms,
        *run(stored, LIMITS, begin).alarms,
    ]

    rows = ("kind", "started_at", "ended_at", "peak_at", "peak_value", "reason")
    recorded = Symptom.objects.filter(sensor=live).exclude(kind__in=_others()).values_list(*rows)
    assert len(found) >= 2
    assert sorted(tuple(getattr(alarm, name) for name in rows) for alarm in found) == sorted(
        recorded
    )


def _others() -> list[str]:
    """Kinds of the detectors that are not run here."""
    return [kind for kind in Symptom.Kind.values if kind not in ("deviation", "high_limit")]


def test_several_sensors_say_what_each_says_alone() -> None:
    sensors = [make_sensor(warning_high=80), make_sensor(warning_high=30), make_sensor()]
    for sensor, values in zip(sensors, (VALUES, VALUES[:5], [1.0]), strict=True):
        make_history(sensor, values)
    silent = make_sensor(warning_high=80)

    (together,) = backtest([*sensors, silent], START, NOON, [LIMITS])

    alone = [run(sensor) for sensor in [*sensors, silent]]
    assert together.rates == [one.rates[0] for one in alone]
    assert sorted(together.alarms, key=lambda a: a.sensor_id or 0) == [
        alarm for one in alone for alarm in one.alarms
    ]


@pytest.mark.parametrize("name", DETECTORS)
def test_each_registered_detector_can_be_run(name: str) -> None:
    sensor = make_sensor(warning_high=80)
    make_history(sensor, ordinary(300))

    outcome = run(sensor, Choice.of(name, {}), NOON - 300 * MINUTE)

    assert outcome.detector == f"{name}#{DETECTORS[name].version}"
    assert outcome.rates[0].readings == 300


def test_a_sensor_that_never_sends_again_is_found_silent_at_the_end() -> None:
    sensor = make_sensor()
    make_history(sensor, ordinary(100), until=NOON - 120 * MINUTE)

    outcome = run(sensor, Choice.of("silence", {}), NOON - 300 * MINUTE)

    (alarm,) = outcome.alarms
    assert (alarm.started_at, alarm.ended_at, alarm.peak_value) == (NOON, None, None)
    assert outcome.rates[0].readings == 100


def test_verdicts_of_these_sensors_and_this_time_are_held_against_it(sensor: Sensor) -> None:
    at = START + 3 * MINUTE
    hour = timedelta(hours=1)
    of_asset = Labelled(at, at + MINUTE, is_fault=True, asset_id=sensor.asset_id)
    elsewhere = Labelled(at, at + MINUTE, is_fault=True, sensor_id=make_sensor().pk)
    later = Labelled(NOON + hour, NOON + 2 * hour, is_fault=True, sensor_id=sensor.pk)

    told = run(sensor, labelled=[of_asset, elsewhere, later]).judgement

    assert (told.precision, told.recall, told.lead_seconds) == (1.0, 1.0, 60.0)
    assert run(sensor).judgement.precision is None


def test_it_leaves_no_trace(sensor: Sensor) -> None:
    run(sensor)

    for model in (Anomaly, Symptom, SensorState, SensorCheckpoint):
        assert not model.objects.exists()


def test_what_is_read_cannot_be_written(sensor: Sensor) -> None:
    with pytest.raises(InternalError, match="read-only"), read_only():
        sensor.save()

    sensor.save()
    assert connection.in_atomic_block


def test_too_much_history_is_refused_before_it_is_read(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_READINGS", 9)

    with pytest.raises(TooMuchHistoryError, match="10 readings") as caught:
        run(sensor, warm_up=0)
    assert caught.value.readings == 10


def test_progress_grows_to_the_whole(sensor: Sensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops.backtesting.trials.STRIDE", 3)
    told: list[float] = []

    run(sensor, on_progress=told.append)

    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 2


@pytest.mark.parametrize(
    ("name", "parameters", "code"),
    [
        ("nothing", {}, "unknown_detector"),
        ("limits", {"loudness": 3}, "unknown_parameter"),
        ("limits", {"warning_high": "high"}, "invalid_parameter"),
        ("limits", {"warning_high": True}, "invalid_parameter"),
        ("limits", {"warning_high": float("nan")}, "invalid_parameter"),
        ("limits", {"warning_high": 10**400}, "invalid_parameter"),
        ("limits", {"warning_high": 90, "alarm_high": 80}, "invalid_parameter"),
        ("stuck", {"shortest": 1.5}, "invalid_parameter"),
        ("stuck", {"shortest": 1e300}, "invalid_parameter"),
        ("stuck", {"factor": 0}, "invalid_parameter"),
        ("seasonal_baseline", {"level_step": 2}, "invalid_parameter"),
    ],
)
def test_what_cannot_be_chosen_is_refused(
    name: str, parameters: dict[str, Any], code: str
) -> None:
    with pytest.raises(DetectorChoiceError) as caught:
        Choice.of(name, parameters)

    assert caught.value.code == code


def test_what_does_not_go_with_a_sensors_own_limits_is_refused(sensor: Sensor) -> None:
    with pytest.raises(DetectorChoiceError, match="alarm must lie beyond"):
        run(sensor, Choice.of("limits", {"alarm_high": 70}))
