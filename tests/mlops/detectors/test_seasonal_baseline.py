from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maintenance.episodes import TAIL_RULES, openings
from mlops.detectors.base import Block, Scores
from mlops.detectors.seasonal_baseline import DRIFT, SHIFT, SPIKE, SeasonalBaseline

MINUTE = 60_000_000
WEEK = 7 * 24 * 60 * MINUTE
NOTHING = Block(np.zeros((0, 1), dtype=np.int64), np.zeros((0, 1)))


def fitted() -> SeasonalBaseline:
    return SeasonalBaseline().fit(NOTHING)


def block(values: np.ndarray, step: int = 5 * MINUTE, start: int = 0) -> Block:
    values = values.reshape(values.shape[0], -1)
    return Block(start + np.arange(values.shape[0], dtype=np.int64)[:, None] * step, values)


def scores_of(values: np.ndarray, step: int = 5 * MINUTE, start: int = 0) -> Scores:
    detector, given = fitted(), block(values, step, start)
    return detector.score(given, detector.begin(given.columns))[0]


def noise(rows: int, seed: int = 0) -> np.ndarray:
    return 20 + np.random.default_rng(seed).normal(size=rows)


def daily(rows: int) -> np.ndarray:
    return noise(rows) + 30 * np.sin(np.arange(rows) * 2 * np.pi / 288)


def test_ordinary_noise_is_hardly_ever_past_the_line() -> None:
    scores = scores_of(np.random.default_rng(1).normal(size=(3000, 20)))

    assert np.nanmean(scores.score >= 1) < 1e-3


def test_it_says_nothing_until_it_has_learnt() -> None:
    detector = fitted()
    scores, state = detector.score(block(noise(250)), detector.begin(1))

    assert np.isnan(scores.score[:200]).all()
    assert np.isfinite(scores.score[200:]).all()
    assert detector.learnt(state).tolist() == [200]
    assert detector.learnt(detector.begin(2)).tolist() == [0, 0]


def test_a_spike_in_a_quiet_series_is_an_alarm() -> None:
    values = noise(1000)
    values[800] += 60

    scores = scores_of(values)

    assert scores.score[800, 0] >= 1
    assert scores.channel[800, 0] == SPIKE


def test_a_small_shift_that_lasts_is_an_alarm() -> None:
    values = noise(2000)
    values[1500:] += 4

    scores = scores_of(values)
    past = np.flatnonzero(scores.score[:, 0] >= 1)

    assert past.size
    assert 1500 <= past[0] < 1530
    assert SHIFT in scores.channel[past, 0]


def test_a_slow_drift_is_an_alarm() -> None:
    values = noise(4000)
    values[2500:] += np.arange(1500) * 0.01

    scores = scores_of(values)
    drifts = (scores.score[:, 0] >= 1) & (scores.channel[:, 0] == DRIFT)

    assert not drifts[:2500].any()
    assert drifts[2500:3000].any()


def test_what_comes_every_day_is_learnt() -> None:
    values = daily(288 * 14)

    scores = scores_of(values)

    assert openings(np.arange(values.size) * 5 * MINUTE, scores.score[:, 0], TAIL_RULES).size < 3
    late = slice(288 * 10, None)
    inside = (values >= scores.low[:, 0]) & (values <= scores.high[:, 0])
    assert inside[late].mean() > 0.95


def test_a_night_that_looks_like_day_is_an_alarm() -> None:
    values = daily(288 * 14)
    values[288 * 13 + 200 : 288 * 13 + 260] = 50  # As it is at noon

    scores = scores_of(values)

    assert (scores.score[288 * 13 + 200 : 288 * 13 + 220, 0] >= 1).any()
    assert (values[:3000] > 45).any()


@pytest.mark.parametrize(("jump", "rows"), [(10, 3000), (100, 6000)])
def test_a_change_of_level_that_stays_is_relearnt(jump: float, rows: int) -> None:
    values = np.random.default_rng(3).normal(size=(2000 + rows + 500, 4))
    values[2000:] += jump

    scores = scores_of(values, step=1_000_000)
    past, channel = scores.score >= 1, scores.channel

    assert past[2000:2010].any(axis=0).all()
    assert not (past & (channel != DRIFT))[2150:].any(axis=1).sum() > 5
    assert not past[2000 + rows :].any()


def test_a_fault_does_not_teach_itself() -> None:
    values = noise(3000)
    values[2000:2020] += 1000

    scores = scores_of(values)

    assert abs(scores.expected[2025, 0] - 20) < 5


@given(st.data())
@settings(max_examples=10, deadline=None)
def test_it_does_not_matter_how_readings_are_cut_or_what_other_columns_there_are(
    data: st.DataObject,
) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    values = rng.normal(size=(300, 5)).cumsum(axis=0)
    values[rng.random(values.shape) < 0.2] = np.nan
    micros = rng.integers(1, 40 * MINUTE, size=(300, 1)).cumsum(axis=0)
    cuts = sorted(data.draw(st.sets(st.integers(1, 299), max_size=6)))
    detector = fitted()
    whole, after = detector.score(Block(micros, values), detector.begin(5))

    state, parts = detector.begin(5), []
    for start, end in zip([0, *cuts], [*cuts, 300], strict=True):
        part, state = detector.score(Block(micros[start:end], values[start:end]), state)
        parts.append(part)
    alone, _ = detector.score(Block(micros, values[:, [2]]), detector.begin(1))

    for name in ("score", "expected", "low", "high", "channel"):
        expected = getattr(whole, name)
        together = np.vstack([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(together, expected)
        np.testing.assert_array_equal(getattr(alone, name)[:, 0], expected[:, 2])
    np.testing.assert_array_equal(state, after)


def test_one_by_one_is_the_same_as_in_one_block() -> None:
    values, detector = noise(260).reshape(-1, 1), fitted()
    whole = scores_of(values)

    state, single = detector.begin(1), []
    for row in range(260):
        part = Block(np.array([[row * 5 * MINUTE]]), values[row : row + 1])
        scores, state = detector.score(part, state)
        single.append(scores.score[0, 0])

    np.testing.assert_array_equal(single, whole.score[:, 0])


def test_no_reading_leaves_the_state_as_it_was() -> None:
    detector = fitted()
    _, state = detector.score(block(noise(50)), detector.begin(1))

    scores, after = detector.score(block(np.full(5, np.nan), start=WEEK), state)

    np.testing.assert_array_equal(after, state)
    assert np.isnan(scores.score).all()
    assert np.isnan(scores.expected).all()


def test_it_changes_neither_readings_nor_state() -> None:
    detector, values = fitted(), noise(50).reshape(-1, 1)
    kept, state = values.copy(), detector.begin(1)

    detector.score(block(values), state)

    assert (values == kept).all()
    assert (state == 0).all()


@pytest.mark.parametrize(("factor", "offset"), [(1000, 7), (-1, 0), (1e-6, -40)])
def test_another_unit_gives_the_same_alarms(factor: float, offset: float) -> None:
    values = daily(2500)
    values[2000] += 90
    values[2200:] -= 8

    plain, disguised = scores_of(values).score, scores_of(values * factor + offset).score

    np.testing.assert_allclose(disguised, plain, rtol=1e-3, atol=1e-3)
    assert ((plain >= 1) == (disguised >= 1)).mean() > 0.999


def test_other_weeks_give_the_same_scores() -> None:
    values = daily(1500)

    np.testing.assert_array_equal(
        scores_of(values).score, scores_of(values, start=2300 * WEEK).score
    )


@pytest.mark.parametrize("level", [0.0, 45.0, -1e12])
def test_a_series_that_never_moves_is_no_alarm_until_it_does(level: float) -> None:
    values = np.full(500, level)
    values[400] += 1 + abs(level)

    scores = scores_of(values).score[:, 0]

    assert (scores[200:400] < 1).all()
    assert scores[400] >= 1


def test_values_near_the_end_of_floats_do_not_break_it() -> None:
    values = noise(600)
    values[300:320] = [1e308, -1e308, np.inf, -np.inf] * 5

    scores = scores_of(values).score[:, 0]

    assert np.isfinite(np.delete(scores, np.arange(302, 320))[200:]).all()
    assert (scores[400:] >= 0).all()


def test_gaps_and_irregular_times_are_no_alarm() -> None:
    rng = np.random.default_rng(5)
    gaps = rng.integers(1, 30, size=2000) * MINUTE
    gaps[1000] = 5 * WEEK
    block = Block(gaps.cumsum()[:, None], rng.normal(size=(2000, 1)))
    detector = fitted()

    scores, _ = detector.score(block, detector.begin(1))

    assert np.nanmean(scores.score >= 1) < 2e-3


def test_it_says_in_words_what_was_odd() -> None:
    values = noise(1000)
    values[800] += 60
    detector, given = fitted(), block(values)
    scores, _ = detector.score(given, detector.begin(1))

    odd = detector.explain(given, scores, 800, 0)
    ordinary = detector.explain(given, scores, 700, 0)
    early = detector.explain(given, scores, 3, 0)

    assert f"{values[800]:.4g}, above the expected" in odd.reason
    assert "last few readings" in odd.reason
    assert float(odd.evidence["probability"] or 1) < 1e-3
    assert odd.evidence["expected"] == pytest.approx(20, abs=1)
    assert "nothing unusual" in ordinary.reason
    assert "nothing to say" in early.reason


def test_its_state_takes_a_few_hundred_bytes() -> None:
    assert fitted().begin(1).nbytes <= 300


@pytest.mark.parametrize(
    "bad", [{"level_step": 0}, {"spike_step": 1.5}, {"season_step": -1}, {"tail_step": -0.1}]
)
def test_bad_parameters_are_refused_in_fit(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        SeasonalBaseline(**bad).fit(NOTHING)
