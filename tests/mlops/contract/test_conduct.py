"""What every detector is, does and says; a line in cases.CASES holds a new one to it."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest

from mlops.detectors.base import ALARM_LINE, Block, NotEnoughHistoryError, Scope
from mlops.detectors.silence import Silence
from tests.mlops.contract.cases import FAULTY_ROWS, Case
from tests.mlops.contract.running import FIELDS, assert_same, rows_of, run, series_of


def test_every_parameter_has_a_default_and_is_kept_as_it_is(case: Case) -> None:
    signature = inspect.signature(case.kind)
    given = {name: object() for name in signature.parameters}

    detector = case.kind(**given)

    assert all(p.default is not p.empty for p in signature.parameters.values())
    assert vars(detector) == given


def test_fit_returns_itself_and_what_it_learns_ends_in_an_underscore(case: Case) -> None:
    detector = case.unfitted()
    before = dict(vars(detector))

    returned = detector.fit(case.history())

    learned = vars(detector).keys() - before.keys()
    assert returned is detector
    assert all(name.endswith("_") and not name.startswith("_") for name in learned)
    assert all(vars(detector)[name] is before[name] for name in before)


def test_fitting_twice_is_fitting_once(case: Case, block: Block) -> None:
    detector = case.unfitted().fit(case.history(seed=5))

    detector.fit(case.history(seed=9))

    assert_same(run(case, block, detector)[0], run(case, block)[0])


def test_too_little_history_is_said(case: Case) -> None:
    detector = case.unfitted()
    empty = rows_of(case.ordinary(5, case.columns), np.s_[:0])

    if case.learns:
        with pytest.raises(NotEnoughHistoryError):
            detector.fit(empty)
    else:
        assert detector.fit(empty) is detector


def test_scores_have_the_shape_of_the_block_and_know_their_channels(
    case: Case, block: Block
) -> None:
    scores, state = run(case, block)

    shape = (block.rows, series_of(case))
    for name in FIELDS[:5]:
        assert getattr(scores, name).shape == shape
    assert state.shape == case.fitted.begin(series_of(case)).shape
    assert state.dtype == np.float64
    assert scores.channel.dtype == np.int8
    assert ((scores.channel >= 0) & (scores.channel < len(case.kind.channels))).all()


def test_scores_are_finite_and_not_below_zero_or_unknown(case: Case, block: Block) -> None:
    scores, _ = run(case, block)

    assert not np.isinf(scores.score).any()
    assert not (scores.score < 0).any()
    assert not (scores.low > scores.high).any()


def test_a_gross_fault_is_an_alarm_in_every_series(case: Case) -> None:
    faulty = case.fault(case.ordinary(case.rows, case.columns))

    scores, _ = run(case, faulty)

    assert (scores.score[-FAULTY_ROWS:] >= ALARM_LINE).any(axis=0).all()


def test_ordinary_data_rarely_alarms(case: Case) -> None:
    scores, _ = run(case, case.ordinary(3 * case.rows, case.columns, seed=2))

    assert np.isfinite(scores.score[case.rows :]).all()
    assert (scores.score >= ALARM_LINE).mean() <= case.false_alarms


@pytest.mark.parametrize("level", [0.0, 7.3, -1e9])
def test_a_constant_history_divides_by_nothing(case: Case, level: float) -> None:
    ordinary = case.history()
    detector = case.unfitted()
    detector.fit(replace(ordinary, values=np.full_like(ordinary.values, level)))
    constant = case.ordinary(case.rows, case.columns)
    constant.values[:-1] = level

    scores, state = run(case, constant, detector)

    assert not np.isinf(scores.score).any()
    assert not np.isinf(state).any()


@pytest.mark.parametrize("factor", [1e-300, 1e-150, 1e150, 1e305, -1e305])
def test_values_of_any_size_are_survived(case: Case, block: Block, factor: float) -> None:
    ordinary = case.history()
    detector = case.unfitted()
    block.values[:] *= factor
    # Their sums, and differences of different signs, need not be numbers any more.
    block.values[::50] *= -1

    with np.errstate(all="ignore"):
        detector.fit(replace(ordinary, values=ordinary.values * factor))
        scores, state = run(case, block, detector)

    assert not np.isinf(scores.score).any()
    assert not (scores.score < 0).any()
    assert not np.isinf(state).any()


def test_a_state_is_small(case: Case) -> None:
    assert case.fitted.begin(series_of(case))[0].nbytes <= 4096


def test_what_is_learnt_grows_to_what_is_needed(case: Case) -> None:
    detector = case.fitted
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
    detector = case.fitted
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
    detector = case.fitted
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
