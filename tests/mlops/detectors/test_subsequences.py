from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from mlops.detectors.base import Block, NotEnoughHistoryError
from mlops.detectors.subsequences import Subsequences

MINUTE = 60_000_000
WEEK = 7 * 24 * 60 * MINUTE


def block(*columns, start=0):
    values = np.column_stack(columns).astype(float)
    return Block(start + np.arange(len(values), dtype=np.int64)[:, None] * MINUTE, values)


def pulses(rows=1200, seed=0, period=40):
    """A wave with pulses: every value between is ordinary."""
    noise = np.random.default_rng(seed).normal(0, 0.05, rows)
    rows = np.arange(rows)
    return np.sin(rows * 2 * np.pi / period) + (rows % period < 5) + noise


HISTORY, FRESH = pulses(), pulses(seed=1)[:400]
FAULTY = FRESH.copy()
FAULTY[200:260] = FRESH[200:260][::-1]  # The same values in another order


@pytest.fixture(scope="module")
def detector():
    return Subsequences().fit(block(HISTORY))


def scored(detector, blocks):
    state, parts = detector.begin(blocks[0].columns), []
    for part in blocks:
        scores, state = detector.score(part, state)
        parts.append(scores.score)
    return np.concatenate(parts), state


def test_the_usual_shapes_raise_few_alarms(detector):
    score, _ = scored(detector, [block(FRESH)])

    assert (score >= 0).all()
    assert (score >= 1).mean() < 0.05


def test_ordinary_values_in_the_wrong_order_are_an_alarm(detector):
    score, _ = scored(detector, [block(FAULTY)])

    assert FRESH.min() <= FAULTY.min()
    assert FAULTY.max() <= FRESH.max()
    assert score[200:260].max() > 2
    assert (score[:200] >= 1).mean() < 0.05


def test_a_missing_cycle_is_an_alarm(detector):
    values = FRESH.copy()
    values[200:240] = np.median(HISTORY)

    assert scored(detector, [block(values)])[0][200:240].max() > 1


def test_results_do_not_depend_on_the_cut(detector):
    whole, after = scored(detector, [block(FAULTY)])
    cuts = [0, 1, 2, 9, 10, 150, 151, 400]
    parts = [block(FAULTY[a:b], start=a * MINUTE) for a, b in pairwise(cuts)]

    score, state = scored(detector, parts)

    np.testing.assert_allclose(score, whole, rtol=1e-9)
    np.testing.assert_array_equal(state, after)


def test_missing_readings_are_skipped_and_have_no_score(detector):
    holes = np.insert(FAULTY, [50, 50, 205], np.nan)

    score, _ = scored(detector, [block(holes)])

    assert (np.isnan(score) == np.isnan(holes[:, None])).all()
    np.testing.assert_allclose(
        score[~np.isnan(score)], scored(detector, [block(FAULTY)])[0].ravel(), rtol=1e-9
    )


def test_over_a_gap_nothing_is_learnt_or_scored():
    # Half a cycle is missing: read as if it were not, that is an odd shape.
    values = np.delete(HISTORY, np.s_[600:620])
    times = np.delete(block(HISTORY).micros[:, 0], np.s_[600:620])
    holey = Block(times[:, None], values[:, None])
    whole = Subsequences(period=40, gap=3).fit(holey)
    blind = Subsequences(period=40).fit(holey)
    later = block(FRESH, start=1200 * MINUTE)
    after_gap = replace(later, micros=later.micros + 10 * MINUTE)

    joined, _ = scored(whole, [later])
    parted, _ = scored(whole, [after_gap])

    assert whole.repertoires_[0].line < blind.repertoires_[0].line
    assert not np.isnan(joined).any()
    assert np.flatnonzero(np.isnan(parted[:, 0])).tolist() == list(range(39))


def test_with_gaps_too_results_do_not_depend_on_the_cut():
    detector = Subsequences(period=40, gap=3).fit(block(HISTORY))
    readings = block(FAULTY, start=1200 * MINUTE)
    readings.micros[100:] += 90 * MINUTE
    readings.values[160:170] = np.nan
    whole, after = scored(detector, [readings])
    cuts = [0, 1, 99, 101, 130, 165, 400]

    parts = [Block(readings.micros[a:b], readings.values[a:b]) for a, b in pairwise(cuts)]
    score, state = scored(detector, parts)

    np.testing.assert_allclose(score, whole, rtol=1e-9)
    np.testing.assert_array_equal(state, after)
    assert np.isnan(whole).sum() == 39 + 10 + 39


def test_a_history_of_gaps_is_no_history():
    scattered = block(HISTORY)
    scattered.micros[:, 0] += np.arange(1200) // 20 * 90 * MINUTE

    with pytest.raises(NotEnoughHistoryError, match="0 rows of history, 100 are needed"):
        Subsequences(period=40, gap=3).fit(scattered)


def test_what_was_learnt_comes_back_from_arrays():
    parameters: dict[str, Any] = {"period": 40, "gap": 3.0, "margin": 1.25}
    fitted = Subsequences(**parameters).fit(block(HISTORY, pulses(seed=3)))

    back = Subsequences.from_arrays(parameters, fitted.arrays())

    columns = [block(FAULTY, FRESH, start=1200 * MINUTE)]
    for one, other in zip(scored(back, columns), scored(fitted, columns), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (back.width, back.longest) == (2, 40)


def test_a_wider_margin_moves_the_line():
    fitted = (Subsequences(margin=margin).fit(block(HISTORY)) for margin in (1.0, 2.0))
    near, far = (scored(detector, [block(FAULTY)])[0] for detector in fitted)

    np.testing.assert_allclose(near, 2 * far)


def test_an_empty_block_changes_nothing(detector):
    before = detector.begin(1)

    scores, after = detector.score(block(np.empty(0)), before)

    assert scores.score.shape == (0, 1)
    np.testing.assert_array_equal(after, before)


def test_columns_are_series_of_their_own(detector):
    other = 5 * pulses(period=30)
    both = Subsequences().fit(block(HISTORY, other))

    score, state = scored(both, [block(FAULTY, 5 * pulses(seed=1, period=30)[:400])])

    assert state.shape[0] == 2
    np.testing.assert_allclose(score[:, :1], scored(detector, [block(FAULTY)])[0], rtol=1e-9)
    assert (score[:, 1] >= 1).mean() < 0.05


@pytest.mark.parametrize(("scale", "offset"), [(1000, 7), (1e-3, 0), (-1, 20)])
def test_a_scaled_copy_gives_the_same_scores(detector, scale, offset):
    copy = Subsequences().fit(block(HISTORY * scale + offset))

    score, _ = scored(copy, [block(FAULTY * scale + offset)])

    np.testing.assert_allclose(score, scored(detector, [block(FAULTY)])[0], rtol=1e-5)


def test_a_copy_of_another_week_gives_the_same_scores(detector):
    copy = Subsequences().fit(block(HISTORY, start=500 * WEEK))

    score, _ = scored(copy, [block(FAULTY, start=501 * WEEK)])

    np.testing.assert_array_equal(score, scored(detector, [block(FAULTY)])[0])


@pytest.mark.parametrize("level", [0.0, 0.1, -3.0])
def test_any_change_of_a_constant_history_is_an_alarm(level):
    values = np.full(300, level)
    values[150:] += 0.5

    score, _ = scored(Subsequences().fit(block(np.full(300, level))), [block(values)])

    assert (score[:150] < 1).all()
    assert (score[150:250] > 1).all()
    assert np.isfinite(score).all()


def test_fit_leaves_the_history_alone_and_survives_pickling(detector):
    history = block(HISTORY)
    fresh = pickle.loads(pickle.dumps(Subsequences().fit(history)))

    assert (history.values[:, 0] == HISTORY).all()
    np.testing.assert_array_equal(
        scored(fresh, [block(FAULTY)])[0], scored(detector, [block(FAULTY)])[0]
    )


def test_the_state_is_small_and_known_from_the_start(detector):
    state = detector.begin(1)

    assert state.nbytes < 1000
    assert state.dtype == np.float64
    assert detector.learnt(state).tolist() == [detector.min_history]


def test_it_says_how_much_history_is_missing():
    with pytest.raises(NotEnoughHistoryError, match="199 rows of history, 200 are needed"):
        Subsequences().fit(block(HISTORY[:199]))


def test_the_least_history_is_enough():
    detector = Subsequences().fit(block(HISTORY[:200]))

    assert (scored(detector, [block(HISTORY[200:400])])[0] >= 1).mean() < 0.1


@pytest.mark.parametrize(
    "parameters",
    [
        {"period": 2},
        {"centres": 0},
        {"folds": 1},
        {"shrinkage": 2.0},
        {"quantile": 0.0},
        {"gap": 0.0},
        {"margin": 0.0},
    ],
    ids=str,
)
def test_bad_parameters_are_refused_in_fit(parameters):
    with pytest.raises(ValueError, match=r"period|centre|shrinkage|gap"):
        Subsequences(**parameters).fit(block(HISTORY))


def test_it_starts_only_with_the_series_it_was_fitted_on(detector):
    with pytest.raises(ValueError, match="fitted on 1 series, not 2"):
        detector.begin(2)


def test_it_explains_alarms_and_ordinary_readings(detector):
    readings = block(FAULTY)
    scores, _ = detector.score(readings, detector.begin(1))
    worst = int(scores.score.argmax())

    alarm = detector.explain(readings, scores, worst, 0)
    quiet = detector.explain(readings, scores, int(scores.score.argmin()), 0)

    assert "look like nothing in the history" in alarm.reason
    assert f"{FAULTY[worst]:.4g}" in alarm.reason
    assert alarm.evidence["score"] == scores.score[worst, 0]
    assert "look like the history" in quiet.reason
