from __future__ import annotations

import numpy as np
import pytest

from mlops.detectors.base import Block
from mlops.detectors.silence import Silence
from tests.mlops.detectors.columns import START, alarms, column, explained, scores_of

REGULAR = list(range(0, 60 * 100, 60))


def at(times, asked=()):
    """Readings at these seconds, and rows without one at those asked."""
    values = np.concatenate([np.ones(len(times)), np.full(len(asked), np.nan)])
    return column(values, times=np.array([*times, *asked], dtype=float))


def test_a_row_without_a_reading_asks_at_its_time():
    end = REGULAR[-1]
    scores = scores_of(Silence(), at(REGULAR, [end + 60, end + 150, end + 300, end + 900]))

    assert scores.score[-4:, 0] == pytest.approx([0.2, 0.5, 1, 3], rel=0.01)


def test_asking_twice_gets_the_same_answer():
    end = REGULAR[-1] + 400
    scores = scores_of(Silence(), at(REGULAR, [end, end]))

    assert scores.score[-1, 0] == scores.score[-2, 0] > 1


def test_a_reading_after_a_gap_says_how_long_the_gap_was():
    alarm = alarms(Silence(), at([*REGULAR, REGULAR[-1] + 301, REGULAR[-1] + 361]))

    assert np.flatnonzero(alarm).tolist() == [100]


def test_a_few_lost_readings_are_no_silence():
    assert not alarms(Silence(), at([*REGULAR, REGULAR[-1] + 240])).any()


def test_one_gap_does_not_hide_the_next():
    later = [t + 86_400 for t in REGULAR]
    alarm = alarms(Silence(), at([*REGULAR, *later], [later[-1] + 600]))

    assert alarm[-1]


def test_a_first_interval_that_is_none_is_mended():
    times = [0, *(t + 86_400 for t in REGULAR)]

    assert alarms(Silence(), at(times, [times[-1] + 600]))[-1]


@pytest.mark.parametrize("seed", range(3))
def test_readings_at_random_are_no_silence(seed):
    times = np.cumsum(np.random.default_rng(seed).exponential(60, 2000))

    alarm = alarms(Silence(), at(times))

    assert alarm.mean() < 0.001


def test_a_change_of_the_interval_is_learnt():
    slower = REGULAR[-1] + np.arange(1, 200) * 900

    alarm = alarms(Silence(), at([*REGULAR, *slower]))

    assert alarm[100]
    assert not alarm[-100:].any()


def test_a_stated_interval_needs_no_history():
    scores = scores_of(Silence(interval_seconds=60, times=10), at([0], [300, 900]))

    np.testing.assert_allclose(scores.score[:, 0], [np.nan, 0.5, 1.5])


def test_each_series_has_its_own_interval():
    block = column([[1, 1], [np.nan, np.nan]], times=[0, 600])

    scores = scores_of(Silence(interval_seconds=[60, 600]), block)

    assert scores.score[1].tolist() == [2, 0.2]


def test_before_any_reading_there_is_nothing_to_wait_for():
    assert np.isnan(scores_of(Silence(interval_seconds=60), at([], [0, 1e6])).score).all()


def test_readings_at_the_same_time_are_no_interval():
    block = at(np.repeat(REGULAR, 2))

    assert not alarms(Silence(), block).any()
    assert alarms(Silence(), at(np.repeat(REGULAR, 2), [REGULAR[-1] + 600]))[-1]


@pytest.mark.parametrize("bad", [{"interval_seconds": 0}, {"times": 1}, {"deviations": 0}])
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ValueError, match="above"):
        Silence(**bad).fit(column([]))


def test_it_says_how_long_there_was_nothing():
    explanation = explained(Silence(interval_seconds=60), at([0], [900]))

    assert explanation.reason == "There was no reading for 15 min: 3 times as long as it may be"
    assert explanation.evidence["value"] is None
    assert explanation.evidence["seconds"] == 900


def test_where_the_block_began_in_the_silence_it_says_at_least():
    silence = Silence(interval_seconds=60).fit(column([]))
    _, state = silence.score(at([0]), silence.begin(1))
    block = Block(np.array([[START + 600_000_000]]), np.array([[np.nan]]))
    scores, _ = silence.score(block, state)

    assert "at least" in silence.explain(block, scores, 0, 0).reason
