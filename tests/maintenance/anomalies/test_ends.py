"""When an anomaly is over: the deadband, the off-delay, and that both hold in back-tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from agents.detect import record_anomalies
from maintenance.anomalies.deadbands import Signal
from maintenance.episodes import (
    CALM_LINE,
    DEVIATION_RULES,
    JUMP_RULES,
    LIMIT_RULES,
    Sighting,
    advance,
    openings,
)
from maintenance.models import Anomaly
from mlops.backtesting.trials import backtest
from mlops.chosen_detectors import Choice
from mlops.detectors import limits
from sensors.history.windows import micros_of
from sensors.models import ReadingBatch, Sensor
from tests.factories import MINUTE, make_history, make_sensor, make_stored, reading
from tests.maintenance.anomalies.recorded import at, record

ONE_LIMIT = (None, None, None, 90.0)


def brought(sensor: Sensor, *values: float) -> list[Anomaly]:
    """A reading a minute from noon on."""
    rows = [reading(sensor, value, at(minute)) for minute, value in enumerate(values)]
    batch = make_stored(sensor.site, *rows)
    record_anomalies([ReadingBatch.objects.located().get(pk=batch.pk)])
    return list(sensor.anomalies.filter(kind="high_limit").order_by("pk"))


@pytest.mark.parametrize(
    ("signal", "width"),
    [
        (Signal("temperature", ONE_LIMIT), 0.9),
        (Signal("level", ONE_LIMIT), 4.5),
        (Signal("flow", (10.0, 20.0, 80.0, 90.0)), 4.0),
        (Signal("vibration", (None, None, 4.5, 7.1)), 0.142),
        (Signal("vibration", ONE_LIMIT, plausible=(-100.0, 100.0)), 4.0),
        (Signal("level", ONE_LIMIT, share=0.1), 9.0),
        (Signal("level", ONE_LIMIT, deadband=0.0), 0.0),
        (Signal("level", ONE_LIMIT, deadband=3.0), 3.0),
        (Signal("level", (None,) * 4), 0.0),
        (Signal("level", (-40.0, None, None, None)), 2.0),
    ],
)
def test_the_deadband_is_what_was_set_or_is_usual(signal: Signal, width: float) -> None:
    assert signal.width() == pytest.approx(width)


def test_both_rooms_mean_the_same_by_calm() -> None:
    assert limits.CALM_SCORE == CALM_LINE


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "over"), [(89.9, False), (88.1, False), (88.0, True), (87.9, True), (50.0, True)]
)
@pytest.mark.parametrize("deadband", [{"deadband": 2.0}, {"deadband_share": 2 / 90}])
def test_it_is_over_when_the_value_is_inside_by_the_deadband(
    deadband: dict[str, float], value: float, over: bool
) -> None:
    sensor = make_sensor(alarm_high=90, **deadband)
    value = value - 1e-9 if "deadband_share" in deadband else value

    [anomaly] = brought(sensor, 95, *[value] * 5)

    assert (anomaly.ended_at is not None) == over


@pytest.mark.django_db
def test_a_value_that_sways_about_its_limit_is_one_anomaly() -> None:
    swaying = [90.5, 89.5] * 8

    chattering = brought(make_sensor(alarm_high=90, deadband=0), 95, *[89.5] * 5, *swaying)
    steady = brought(make_sensor(alarm_high=90), 95, *[89.5] * 5, *swaying)

    assert (len(chattering), len(steady)) == (2, 1)


@pytest.mark.django_db
def test_low_limits_have_one_too() -> None:
    sensor = make_sensor(alarm_low=10, deadband=2)

    for values, over in ((range(9), False), (range(9, 16), True)):
        batch = make_stored(
            sensor.site,
            *(reading(sensor, 5 if m == 0 else 11 if m < 9 else 12, at(m)) for m in values),
        )
        record_anomalies([ReadingBatch.objects.located().get(pk=batch.pk)])
        assert (Anomaly.objects.get().ended_at is not None) == over


@pytest.mark.django_db
def test_the_off_delay_is_a_time_from_the_first_calm_reading_on() -> None:
    sensor = make_sensor(off_delay=timedelta(minutes=20))

    early = record(sensor, [2.5, *[0.0] * 10])
    late = record(sensor, [0.0] * 15, start=11)

    assert (early.ended_at, late.ended_at) == (None, at(21))


@pytest.mark.django_db
def test_what_comes_in_between_begins_the_off_delay_anew() -> None:
    sensor = make_sensor(off_delay=timedelta(minutes=20))

    record(sensor, [2.5, *[0.0] * 15, 0.95, *[0.0] * 15])
    over = record(sensor, [0.0] * 10, start=32)

    assert over.ended_at == at(37)


@given(
    st.lists(st.sampled_from([0.0, 0.95, 1.0, 4.0]), min_size=1, max_size=60),
    st.sampled_from([0, 3, 12]),
    st.sampled_from([LIMIT_RULES, DEVIATION_RULES, JUMP_RULES]),
)
def test_the_fast_way_opens_where_the_slow_one_does(
    scores: list[float], delay: int, rules: Any
) -> None:

    rules = replace(rules, off_delay=MINUTE * delay)
    sightings = [Sighting(at(m), score, score) for m, score in enumerate(scores)]
    micros = np.array([micros_of(seen.at) for seen in sightings])

    fast = openings(micros, np.array(scores), rules)

    assert len(fast) == len(advance(None, sightings, rules))


@pytest.mark.django_db
def test_a_back_test_goes_by_the_same_ends() -> None:
    sensor = make_sensor(alarm_high=90, deadband=2, off_delay=timedelta(minutes=20))
    values = [50.0, 95.0, *[89.0] * 10, *[50.0] * 15, 95.0, *[50.0] * 40]
    make_history(sensor, values)
    start = at(-len(values))

    [outcome] = backtest([sensor], start, at(0), [Choice.of("limits", {})])
    [short] = backtest([make_plain(values)], start, at(0), [Choice.of("limits", {})])

    assert (len(outcome.alarms), len(short.alarms)) == (1, 2)


def make_plain(values: list[float]) -> Sensor:
    sensor = make_sensor(alarm_high=90, deadband=0)
    make_history(sensor, values)
    return sensor


@pytest.mark.django_db
def test_a_value_that_jumps_away_and_back_is_a_fault_of_the_sensor() -> None:
    sensor = make_sensor(largest_jump=10)
    stepping = make_sensor(largest_jump=10)

    brought(sensor, 20, 20, 80, 20, *[20] * 6)
    brought(stepping, 20, 20, *[80] * 8)

    anomaly = sensor.anomalies.get(kind="jump")
    assert anomaly.reason.startswith("It jumped from 20 to 80; 10 is the most that is possible")
    assert (anomaly.is_joint, anomaly.status) == (False, "CLEARED_UNACK")
    assert not stepping.anomalies.filter(kind="jump").exists()


@pytest.mark.django_db
def test_a_deadband_is_absolute_or_a_share_and_never_below_zero() -> None:
    for wrong in (
        {"deadband": 1, "deadband_share": 0.1},
        {"deadband": -1},
        {"deadband_share": 1.1},
        {"off_delay": timedelta(seconds=-1)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_sensor(**wrong)
        with pytest.raises(ValidationError):
            Sensor(**wrong).full_clean(exclude=["site", "asset", "code"])
