"""What every detector keeps: a new one is held to it by a line in detector_cases.CASES."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.detectors.base import (
    ALARM_LINE,
    Block,
    Detector,
    NotEnoughHistoryError,
    Scope,
    Scores,
    State,
)
from mlops.detectors.silence import Silence
from tests.mlops.detector_cases import CASES, FAULTY_ROWS, Case

CLOSE = {"rtol": 1e-9, "atol": 1e-9, "equal_nan": True}
FIELDS = ("score", "expected", "low", "high", "channel", "contributions")


def series_of(case: Case) -> int:
    return case.columns if case.kind.scope is Scope.SENSOR else 1


def run(case: Case, block: Block, detector: Detector | None = None) -> tuple[Scores, State]:
    detector = detector or case.fitted()
    series = block.columns if case.kind.scope is Scope.SENSOR else 1
    return detector.score(block, detector.begin(series))


def rows_of(block: Block, rows: slice | np.ndarray) -> Block:
    return Block(block.micros[rows], block.values[rows])


def column_of(block: Block, n: int) -> Block:
    return Block(block.micros[:, [min(n, block.micros.shape[1] - 1)]], block.values[:, [n]])


def assert_same(one: Scores, other: Scores, rows: slice | np.ndarray = np.s_[:]) -> None:
    for name in FIELDS:
        left, right = getattr(one, name), getattr(other, name)
        assert (left is None) == (right is None)
        if left is not None:
            np.testing.assert_allclose(left[rows], right, err_msg=name, **CLOSE)


def in_pieces(case: Case, block: Block, cuts: list[int]) -> tuple[Scores, State]:
    """The block, scored in pieces."""
    detector = case.fitted()
    state = detector.begin(series_of(case))
    said = []
    for begin, end in zip([0, *cuts], [*cuts, block.rows], strict=True):
        scores, state = detector.score(rows_of(block, np.s_[begin:end]), state)
        said.append(scores)
    joined = {
        name: np.concatenate([getattr(scores, name) for scores in said])
        for name in FIELDS
        if getattr(said[0], name) is not None
    }
    return Scores(**joined), state


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def block(case: Case) -> Block:
    """Ordinary data with a fault at its end and some readings missing."""
    block = case.fault(case.ordinary(case.rows, case.columns))
    block.values[np.random.default_rng(3).random(block.values.shape) < 0.05] = np.nan
    return block


def test_every_parameter_has_a_default_and_is_kept_as_it_is(case: Case) -> None:
    signature = inspect.signature(case.kind)
    given = {name: object() for name in signature.parameters}

    detector = case.kind(**given)

    assert all(p.default is not p.empty for p in signature.parameters.values())
    assert vars(detector) == given


def test_fit_returns_itself_and_what_it_learns_ends_in_an_underscore(case: Case) -> None:
    detector = case.kind(**case.parameters)
    before = dict(vars(detector))

    returned = detector.fit(case.ordinary(case.learns, case.columns))

    learned = vars(detector).keys() - before.keys()
    assert returned is detector
    assert all(name.endswith("_") and not name.startswith("_") for name in learned)
    assert all(vars(detector)[name] is before[name] for name in before)


def test_fitting_twice_is_fitting_once(case: Case, block: Block) -> None:
    detector = case.kind(**case.parameters).fit(case.ordinary(case.learns, case.columns, seed=5))

    detector.fit(case.ordinary(case.learns, case.columns, seed=9))

    assert_same(run(case, block, detector)[0], run(case, block)[0])


def test_too_little_history_is_said(case: Case) -> None:
    detector = case.kind(**case.parameters)
    empty = rows_of(case.ordinary(5, case.columns), np.s_[:0])

    if case.learns:
        with pytest.raises(NotEnoughHistoryError):
            detector.fit(empty)
    else:
        assert detector.fit(empty) is detector


def test_inputs_stay_as_they_are(case: Case, block: Block) -> None:
    history = case.ordinary(case.learns, case.columns)
    detector = case.fitted()
    state = detector.score(block, detector.begin(series_of(case)))[1]
    kept = pickle.loads(pickle.dumps((history, block, state)))

    case.kind(**case.parameters).fit(history)
    scores, _ = detector.score(block, state)
    detector.explain(block, scores, block.rows - 1, 0)

    for now, before in zip((history, block), kept[:2], strict=True):
        np.testing.assert_array_equal(now.values, before.values)
        np.testing.assert_array_equal(now.micros, before.micros)
    np.testing.assert_array_equal(state, kept[2])


def test_scores_have_the_shape_of_the_block_and_know_their_channels(
    case: Case, block: Block
) -> None:
    scores, state = run(case, block)

    shape = (block.rows, series_of(case))
    for name in FIELDS[:5]:
        assert getattr(scores, name).shape == shape
    assert state.shape == case.fitted().begin(series_of(case)).shape
    assert state.dtype == np.float64
    assert scores.channel.dtype == np.int8
    assert ((scores.channel >= 0) & (scores.channel < len(case.kind.channels))).all()


def test_scores_are_finite_and_not_below_zero_or_unknown(case: Case, block: Block) -> None:
    scores, _ = run(case, block)

    assert not np.isinf(scores.score).any()
    assert not (scores.score < 0).any()
    assert not (scores.low > scores.high).any()


@settings(max_examples=4, deadline=None)
@given(parts=st.lists(st.floats(0, 1), max_size=5).map(sorted))
@pytest.mark.parametrize("case", CASES, ids=str)
def test_how_rows_are_cut_into_blocks_does_not_matter(case: Case, parts: list[float]) -> None:
    block = case.fault(case.ordinary(case.rows, case.columns))
    block.values[::7, 0] = np.nan

    scores, state = in_pieces(case, block, [int(part * block.rows) for part in parts])

    whole, whole_state = run(case, block)
    assert_same(whole, scores)
    np.testing.assert_allclose(state, whole_state, **CLOSE)


def test_one_by_one_is_all_at_once(case: Case, block: Block) -> None:
    scores, state = in_pieces(case, block, list(range(1, block.rows)))

    whole, whole_state = run(case, block)
    assert_same(whole, scores)
    np.testing.assert_allclose(state, whole_state, **CLOSE)


def test_what_comes_later_changes_nothing_before(case: Case, block: Block) -> None:
    early = rows_of(block, np.s_[: case.rows - FAULTY_ROWS])

    assert_same(run(case, block)[0], run(case, early)[0], np.s_[: early.rows])


def test_sensors_beside_each_other_do_not_touch(case: Case, block: Block) -> None:
    if case.kind.scope is not Scope.SENSOR:
        pytest.skip("It is about detectors of sensors")
    history = case.ordinary(case.learns, case.columns)
    together, state = run(case, block, case.kind(**case.parameters).fit(history))

    for n in range(block.columns):
        detector = case.kind(**case.parameters).fit(column_of(history, n))
        alone, its_state = run(case, column_of(block, n), detector)
        np.testing.assert_allclose(together.score[:, [n]], alone.score, **CLOSE)
        # A state may be wider beside another one that needs more room.
        if state.shape[1] == its_state.shape[1]:
            np.testing.assert_allclose(state[[n]], its_state, **CLOSE)


def test_rows_without_readings_change_nothing(case: Case, block: Block) -> None:
    doubled = Block(np.repeat(block.micros, 2, axis=0), np.repeat(block.values, 2, axis=0))
    doubled.values[1::2] = np.nan

    scores, state = run(case, doubled)

    whole, whole_state = run(case, block)
    assert_same(scores, whole, np.s_[::2])
    np.testing.assert_array_equal(state, whole_state)
    if case.kind is not Silence:  # It answers where there is no reading.
        assert np.isnan(scores.score[1::2]).all()


def test_a_shift_in_time_by_whole_weeks_changes_no_score(case: Case, block: Block) -> None:
    weeks = 11 * 7 * 24 * 3_600_000_000

    shifted, _ = run(case, replace(block, micros=block.micros + weeks))

    assert_same(run(case, block)[0], shifted)


def test_a_gross_fault_is_an_alarm_in_every_series(case: Case) -> None:
    faulty = case.fault(case.ordinary(case.rows, case.columns))

    scores, _ = run(case, faulty)

    assert (scores.score[-FAULTY_ROWS:] >= ALARM_LINE).any(axis=0).all()


def test_ordinary_data_rarely_alarms(case: Case) -> None:
    scores, _ = run(case, case.ordinary(3 * case.rows, case.columns, seed=2))

    assert np.isfinite(scores.score[case.rows :]).all()
    assert (scores.score >= ALARM_LINE).mean() <= 0.01


@pytest.mark.parametrize("level", [0.0, 7.3, -1e9])
def test_a_constant_history_divides_by_nothing(case: Case, level: float) -> None:
    ordinary = case.ordinary(case.learns, case.columns)
    detector = case.kind(**case.parameters)
    detector.fit(replace(ordinary, values=np.full_like(ordinary.values, level)))
    constant = case.ordinary(case.rows, case.columns)
    constant.values[:-1] = level

    scores, state = run(case, constant, detector)

    assert not np.isinf(scores.score).any()
    assert not np.isinf(state).any()


@pytest.mark.parametrize("factor", [1e-300, 1e-150, 1e150, 1e305, -1e305])
def test_values_of_any_size_are_survived(case: Case, block: Block, factor: float) -> None:
    ordinary = case.ordinary(case.learns, case.columns)
    detector = case.kind(**case.parameters)
    block.values[:] *= factor
    # Their sums, and differences of different signs, need not be numbers any more.
    block.values[::50] *= -1

    with np.errstate(all="ignore"):
        detector.fit(replace(ordinary, values=ordinary.values * factor))
        scores, state = run(case, block, detector)

    assert not np.isinf(scores.score).any()
    assert not (scores.score < 0).any()
    assert not np.isinf(state).any()


def test_one_time_for_all_columns_is_enough(case: Case, block: Block) -> None:
    shared = replace(block, micros=block.micros[:, :1])
    spread = replace(block, micros=np.repeat(block.micros[:, :1], block.columns, axis=1))

    assert_same(run(case, shared)[0], run(case, spread)[0])


def test_an_empty_block_changes_nothing(case: Case, block: Block) -> None:
    detector = case.fitted()
    _, state = run(case, block, detector)

    scores, after = detector.score(rows_of(block, np.s_[:0]), state)

    assert scores.score.shape == (0, series_of(case))
    np.testing.assert_array_equal(after, state)


def test_a_pickled_detector_says_the_same(case: Case, block: Block) -> None:
    revived = pickle.loads(pickle.dumps(case.fitted()))

    assert_same(run(case, block, revived)[0], run(case, block)[0])


def test_a_state_survives_as_bytes(case: Case, block: Block) -> None:
    detector = case.fitted()
    half = case.rows // 2
    _, state = run(case, rows_of(block, np.s_[:half]), detector)

    revived = np.frombuffer(state.tobytes()).reshape(state.shape)
    scores, _ = detector.score(rows_of(block, np.s_[half:]), revived)

    assert_same(run(case, block)[0], scores, np.s_[half:])


def test_a_state_is_small(case: Case) -> None:
    assert case.fitted().begin(series_of(case))[0].nbytes <= 4096


def test_what_is_learnt_grows_to_what_is_needed(case: Case) -> None:
    detector = case.fitted()
    state = detector.begin(series_of(case))
    known = [detector.learnt(state)]

    ordinary = case.ordinary(case.rows, case.columns)
    for row in range(ordinary.rows):
        state = detector.score(rows_of(ordinary, np.s_[row : row + 1]), state)[1]
        known.append(detector.learnt(state))

    assert known[0].shape == (series_of(case),)
    assert known[0].dtype == np.int64
    assert (np.diff(known, axis=0) >= 0).all()
    assert (np.array(known) <= case.kind.min_history).all()
    assert (known[-1] == case.kind.min_history).all()


def test_an_explanation_names_the_value_and_brings_finite_evidence(case: Case) -> None:
    faulty = case.fault(case.ordinary(case.rows, case.columns))
    detector = case.fitted()
    scores, _ = run(case, faulty, detector)
    row = int(np.nanargmax(scores.score[:, 0]))

    explanation = detector.explain(faulty, scores, row, 0)

    numbers = [n for n in explanation.evidence.values() if n is not None]
    assert explanation.reason
    assert "nan" not in explanation.reason.lower()
    assert numbers and all(np.isfinite(numbers))
    if case.kind.scope is Scope.SENSOR:
        assert explanation.evidence["value"] == faulty.values[row, 0]
    if case.kind.scope is Scope.SENSOR and case.kind is not Silence:
        assert f"{faulty.values[row, 0]:.4g}" in explanation.reason


def test_every_row_can_be_explained(case: Case, block: Block) -> None:
    detector = case.fitted()
    scores, _ = run(case, block, detector)

    for row in range(0, block.rows, 13):
        explanation = detector.explain(block, scores, row, 0)
        assert explanation.reason
        assert all(n is None or np.isfinite(n) for n in explanation.evidence.values())


def test_contributions_of_an_alarm_add_up_to_one(case: Case) -> None:
    if case.kind.scope is not Scope.ASSET:
        pytest.skip("It is about detectors of assets")
    scores, _ = run(case, case.fault(case.ordinary(case.rows, case.columns)))

    alarm = scores.score[:, 0] >= ALARM_LINE
    assert scores.contributions is not None
    assert scores.contributions.shape == (case.rows, case.columns)
    np.testing.assert_allclose(scores.contributions[alarm].sum(axis=1), 1.0)
    assert np.isnan(scores.contributions[~alarm]).all()
