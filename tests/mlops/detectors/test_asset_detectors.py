"""What detectors of whole assets see. That they keep the contract is tested elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Block, NotEnoughHistoryError, Scores, Values
from mlops.detectors.isolation_forest import IsolationForest
from mlops.detectors.lagged_pca import LaggedPCA
from mlops.detectors.level_and_pattern import LevelAndPattern
from mlops.detectors.t_squared import TSquared

KINDS = (TSquared, LaggedPCA, LevelAndPattern, IsolationForest)
COLUMNS = 5
OUT_OF_STEP = 1


def plant(rows: int, seed: int) -> Values:
    """Two loads that show in five sensors, each with a little noise."""
    rng = np.random.default_rng(seed)
    loads = rng.normal(size=(rows, 2))
    mixed = loads @ np.array([[1.0, 1, 0, 0.5, 0], [0, 1, 1, -0.5, 2]])
    return 20 + 3 * mixed + 0.3 * rng.normal(size=(rows, COLUMNS))


def block(values: Values) -> Block:
    return Block(np.arange(len(values), dtype=np.int64)[:, None] * 1_000_000, values)


def score(detector: AssetDetector, values: Values) -> Scores:
    return detector.score(block(values), detector.begin(1))[0]


def with_fault(values: Values, start: int, size: float = 4.0) -> Values:
    faulty = values.copy()
    faulty[start:, OUT_OF_STEP] += size
    return faulty


HISTORY = plant(600, seed=1)
ORDINARY = plant(300, seed=2)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest) -> type[AssetDetector]:
    return request.param


def quick(kind: type[AssetDetector], folds: int = 3) -> AssetDetector:
    """Of fewer trees and folds than the defaults: this is about the contract."""
    parameters: dict[str, Any] = {"folds": folds}
    return kind(**parameters, **({"trees": 10} if kind is IsolationForest else {}))


@pytest.fixture
def detector(kind: type[AssetDetector]) -> AssetDetector:
    return quick(kind).fit(block(HISTORY))


def test_there_is_one_score_a_row(detector):
    scores = score(detector, ORDINARY)

    assert scores.score.shape == scores.expected.shape == scores.channel.shape == (300, 1)
    assert scores.contributions is not None
    assert scores.contributions.shape == ORDINARY.shape


def test_ordinary_rows_are_below_the_line(detector):
    scores = score(detector, ORDINARY).score

    assert (scores >= 0).all()
    assert (scores < 1).all()


@pytest.mark.parametrize("change", ["scaled", "reordered", "later"])
def test_a_disguise_does_not_change_the_scores(change):
    values = with_fault(ORDINARY, 200)
    plain = score(LevelAndPattern().fit(block(HISTORY)), values).score
    order = [3, 0, 4, 2, 1] if change == "reordered" else list(range(COLUMNS))
    factor, shift = (1000.0, 7.0) if change == "scaled" else (1.0, 0.0)
    later = 7 * 24 * 3600 * 1_000_000 if change == "later" else 0

    def disguised(rows: Values) -> Block:
        return Block(block(rows).micros + later, rows[:, order] * factor + shift)

    detector = LevelAndPattern().fit(disguised(HISTORY))
    scores, _ = detector.score(disguised(values), detector.begin(1))

    np.testing.assert_allclose(scores.score, plain, rtol=1e-5)


def test_a_sensor_out_of_step_is_found_and_named_first():
    values = with_fault(ORDINARY, 200)

    scores = score(LevelAndPattern().fit(block(HISTORY)), values)

    # Within the range of the sensor: no limit on it alone would tell.
    assert values[220:, OUT_OF_STEP].mean() < HISTORY[:, OUT_OF_STEP].max()
    assert (scores.score[:200] < 1).all()
    assert (scores.score[210:] >= 1).all()
    assert scores.contributions is not None
    assert (scores.contributions[220:].mean(axis=0).argmax()) == OUT_OF_STEP


def test_contributions_add_up_to_one_past_the_line_and_are_nan_below(detector):
    scores = score(detector, with_fault(ORDINARY, 200, size=60))
    past = scores.score[:, 0] >= 1

    assert past.any()
    assert scores.contributions is not None
    np.testing.assert_allclose(scores.contributions[past].sum(axis=1), 1)
    assert np.isnan(scores.contributions[~past]).all()


def test_a_small_shift_that_lasts_is_seen_in_the_level_only():
    rng = np.random.default_rng(3)
    history, values = rng.normal(size=(2, 800, 4))
    values[400:, 2] += 1.5

    by_level = score(LevelAndPattern().fit(block(history)), values).score[450:]
    by_rows = score(TSquared(lags=1, smoothing=1.0).fit(block(history)), values).score[450:]

    assert (by_level >= 1).mean() > 0.9
    assert (by_rows >= 1).mean() < 0.05


@pytest.mark.parametrize("kind", [TSquared, LaggedPCA, LevelAndPattern])
def test_a_tenth_of_missing_values_raises_no_alarm(kind):
    rng = np.random.default_rng(4)
    history, values = HISTORY.copy(), ORDINARY.copy()
    history[rng.random(history.shape) < 0.1] = np.nan
    values[rng.random(values.shape) < 0.1] = np.nan
    values[50] = np.nan

    scores = score(kind(folds=4).fit(block(history)), values).score[:, 0]

    assert np.isnan(scores[50])
    assert (np.delete(scores, 50) < 1).all()


def test_a_sensor_that_fell_silent_is_filled_from_the_others(detector):
    values = ORDINARY.copy()
    values[100:, 1] = np.nan

    scores = score(detector, values).score

    assert (scores < 1).all()


def test_a_row_without_any_reading_has_no_score_and_changes_nothing(detector):
    state = detector.begin(1)
    silent = block(np.full((3, COLUMNS), np.nan))

    scores, after = detector.score(silent, state)

    assert np.isnan(scores.score).all()
    np.testing.assert_array_equal(after, state)


def test_constant_binary_and_empty_columns_do_not_break_it(kind):
    rng = np.random.default_rng(5)

    def widened(rows: Values) -> Values:
        valve = (rng.random(len(rows)) < 0.3).astype(float)
        constant = np.full(len(rows), 0.1)
        empty = np.full(len(rows), np.nan)
        return np.column_stack([rows, valve, constant, empty, rows[:, 0]])

    detector = quick(kind).fit(block(widened(HISTORY)))
    scores = score(detector, widened(ORDINARY)).score

    assert np.isfinite(scores).all()
    assert (scores < 1).mean() > 0.99


def test_where_nothing_ever_moved_there_is_nothing_to_say(kind):
    detector = kind(folds=2).fit(block(np.full((200, 3), 5.0)))

    scores = score(detector, np.array([[5.0, 5, 5], [9, 9, 9]]))

    assert np.isnan(scores.score).all()


def test_a_sensor_that_wanders_is_left_to_others():
    history, values = HISTORY.copy(), ORDINARY.copy()
    history[:, 4], values[:, 4] = np.linspace(0, 10, 600), np.linspace(10, 40, 300)

    watched = LevelAndPattern().fit(block(history))
    blind = LevelAndPattern(min_samples=0.0).fit(block(history))

    assert (score(watched, values).score < 1).all()
    assert (score(blind, values).score >= 1).any()


def test_one_wild_reading_does_not_alarm_for_long():
    values = ORDINARY.copy()
    values[100, 2] = -1e9

    alarms = score(LevelAndPattern().fit(block(HISTORY)), values).score[:, 0] >= 1

    assert alarms[100]
    assert not alarms[160:].any()


def test_too_little_history_is_said_with_its_numbers(kind):
    with pytest.raises(NotEnoughHistoryError, match="99 rows of history, 100 are needed"):
        kind().fit(block(HISTORY[:99]))


def test_it_knows_its_history_from_the_first_row(detector):
    assert detector.learnt(detector.begin(1)).tolist() == [detector.min_history]


@pytest.mark.parametrize(
    "parameters", [{"tail": 0}, {"tail": 0.5}, {"folds": 1}, {"carry": -1}, {"clip": 0}]
)
def test_bad_parameters_are_refused_in_fit(kind, parameters):
    with pytest.raises(ValueError, match="must"):
        kind(**parameters).fit(block(HISTORY))


@pytest.mark.parametrize("kind", [TSquared, LaggedPCA, LevelAndPattern])
def test_an_alarm_is_explained_by_four_candidates_at_most(kind):
    detector = kind(folds=4).fit(block(HISTORY))
    values = with_fault(ORDINARY, 200, size=60)
    scores = score(detector, values)

    explanation = detector.explain(block(values), scores, 250, 0)

    assert "candidates" in explanation.reason
    assert "nan" not in explanation.reason
    assert 1 <= sum(name.endswith("_share") for name in explanation.evidence) <= 4
    assert explanation.evidence["column_1_value"] == values[250, OUT_OF_STEP]


def test_the_expected_value_is_what_the_other_sensors_say():
    values = with_fault(ORDINARY, 200)
    detector = LevelAndPattern().fit(block(HISTORY))

    explanation = detector.explain(block(values), score(detector, values), 250, 0)

    assert explanation.evidence["column_1_expected"] == pytest.approx(ORDINARY[250, 1], abs=1)


def test_an_ordinary_row_is_explained_as_such(detector):
    explanation = detector.explain(block(ORDINARY), score(detector, ORDINARY), 5, 0)

    assert "usually" in explanation.reason


@pytest.mark.parametrize("kind", [TSquared, LaggedPCA, LevelAndPattern])
def test_what_was_learnt_can_be_kept_as_arrays(kind):
    detector = kind(folds=2, tail=1e-3).fit(block(HISTORY))
    values = with_fault(ORDINARY, 200)

    arrays = {name: array.copy() for name, array in detector.arrays().items()}
    kept = kind.from_arrays({"folds": 2, "tail": 1e-3}, arrays)

    before, after = score(detector, values), score(kept, values)
    np.testing.assert_array_equal(after.score, before.score)
    np.testing.assert_array_equal(after.contributions, before.contributions)
    assert kept.learnt(kept.begin(1)).tolist() == [detector.min_history]


def test_a_forest_says_that_it_cannot_be_kept_as_arrays():
    with pytest.raises(NotImplementedError, match="fit again"):
        IsolationForest().arrays()
