from __future__ import annotations

import numpy as np
import pytest

from mlops.detectors.base import Block
from mlops.detectors.stuck import Stuck
from tests.mlops.detectors.columns import alarms, column, episodes, explained, joined, scores_of

RNG = np.random.default_rng(1)
MOVING = RNG.normal(20, 1, 300)
DAY = 24 * 12  # Readings a day, one every five minutes


def test_a_value_that_stops_moving_is_an_alarm():
    alarm = alarms(Stuck(), column([*MOVING, *[20.5] * 15]))

    # The first of them still is a movement.
    assert np.flatnonzero(alarm).tolist() == list(range(310, 315))


def test_it_is_over_when_the_value_moves():
    alarm = alarms(Stuck(), column([*MOVING, *[20.5] * 15, 20.6]))

    assert alarm[-2] and not alarm[-1]


@pytest.mark.parametrize("digits", [0, 1])
@pytest.mark.parametrize("seed", range(3))
def test_a_sensor_with_few_digits_may_repeat_itself(digits, seed):
    walk = np.cumsum(np.random.default_rng(seed).normal(0, 0.1, 2000))

    assert episodes(alarms(Stuck(), column(np.round(walk, digits)))) <= 1


def valve(rng, switches=60):
    """Open and closed for a quarter of an hour or so."""
    return np.repeat(np.arange(switches) % 2, rng.integers(5, 40, switches))


def test_a_switch_that_is_left_as_it_is_for_its_usual_time_is_no_alarm():
    assert not alarms(Stuck(), column(valve(np.random.default_rng(1)))).any()


def test_a_switch_that_does_not_switch_any_more_is_an_alarm():
    values = [*valve(np.random.default_rng(1)), *[1] * 200]

    alarm = alarms(Stuck(), column(values))

    assert not alarm[:-200].any()
    assert alarm[-1]


def rests_at_night(days, rng):
    """Moves by day and stands still from the evening on."""
    readings = np.arange(days * DAY)
    return np.where(readings % DAY < 14 * 12, rng.normal(50, 3, readings.size), 0.0)


def test_a_sensor_that_rests_every_night_is_known_after_a_few_nights():
    alarm = alarms(Stuck(), column(rests_at_night(8, np.random.default_rng(1)), step=300))

    # Some nights, each with three times more leave than the one before.
    assert alarm[:DAY].any()
    assert not alarm[6 * DAY :].any()


def test_one_fault_does_not_hide_the_next():
    fault = [20.5] * 200
    block = column([*MOVING, *fault, *MOVING, *fault, *MOVING])

    assert episodes(alarms(Stuck(), block)) == 2


def test_long_rests_are_forgotten():
    rested = column([*np.round(MOVING), *[20] * 9, *MOVING])
    again = column([*MOVING, *[20.5] * 15])

    soon = alarms(Stuck(), joined(rested, _later(again, 1)))
    late = alarms(Stuck(), joined(rested, _later(again, 365)))

    assert not soon[-15:].any()
    assert late[-15:].any()


def _later(block, days):
    return Block(block.micros + days * 86_400_000_000, block.values)


def test_a_value_never_seen_to_move_has_no_usual_rest():
    scores = scores_of(Stuck(), column([7.0] * 1000))

    assert np.isnan(scores.score).all()


def test_a_stated_time_needs_no_history():
    alarm = alarms(Stuck(hours=1), column([7.0] * 100))

    assert np.flatnonzero(alarm)[0] == 60


def test_a_gap_is_no_rest():
    times = [*range(300), 90_000, 90_001]

    assert not alarms(Stuck(), column([*MOVING, 5.0, 5.0], times=times)).any()


def test_movement_within_the_tolerance_is_none():
    jitter = 20 + RNG.uniform(-0.01, 0.01, 40)
    block = column([*MOVING, *jitter])

    assert alarms(Stuck(tolerance=0.05), block)[-1]
    assert not alarms(Stuck(), block)[-1]


@pytest.mark.parametrize("bad", [{"hours": 0}, {"factor": 0}, {"tolerance": -1}, {"shortest": 0}])
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ValueError, match="above zero"):
        Stuck(**bad).fit(column([]))


def test_it_says_how_long_the_value_has_stood():
    explanation = explained(Stuck(), column([*MOVING, *[20.5] * 21]))

    assert explanation.reason == (
        "It has stood at 20.5 for at least 20 more readings and 20 min: 2 times as long as it may"
    )
    assert explanation.evidence["value"] == 20.5
    assert explanation.evidence["repeats"] == 20
