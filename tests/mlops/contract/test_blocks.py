"""However readings are cut, joined and kept, a detector says the same of them."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.detectors.base import Block, Scope
from mlops.detectors.silence import Silence
from tests.mlops.contract.cases import CASES, FAULTY_ROWS, Case
from tests.mlops.contract.running import (
    CLOSE,
    assert_same,
    column_of,
    in_pieces,
    rows_of,
    run,
    series_of,
)


def test_inputs_stay_as_they_are(case: Case, block: Block) -> None:
    history = case.history()
    detector = case.fitted
    state = detector.score(block, detector.begin(series_of(case)))[1]
    kept = pickle.loads(pickle.dumps((history, block, state)))

    case.unfitted().fit(history)
    scores, _ = detector.score(block, state)
    detector.explain(block, scores, block.rows - 1, 0)

    for now, before in zip((history, block), kept[:2], strict=True):
        np.testing.assert_array_equal(now.values, before.values)
        np.testing.assert_array_equal(now.micros, before.micros)
    np.testing.assert_array_equal(state, kept[2])


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
    history = case.history()
    together, state = run(case, block, case.unfitted().fit(history))

    for n in range(block.columns):
        detector = case.unfitted().fit(column_of(history, n))
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


def test_one_time_for_all_columns_is_enough(case: Case, block: Block) -> None:
    shared = replace(block, micros=block.micros[:, :1])
    spread = replace(block, micros=np.repeat(block.micros[:, :1], block.columns, axis=1))

    assert_same(run(case, shared)[0], run(case, spread)[0])


def test_an_empty_block_changes_nothing(case: Case, block: Block) -> None:
    detector = case.fitted
    _, state = run(case, block, detector)

    scores, after = detector.score(rows_of(block, np.s_[:0]), state)

    assert scores.score.shape == (0, series_of(case))
    np.testing.assert_array_equal(after, state)


def test_a_pickled_detector_says_the_same(case: Case, block: Block) -> None:
    revived = pickle.loads(pickle.dumps(case.fitted))

    assert_same(run(case, block, revived)[0], run(case, block)[0])


def test_a_state_survives_as_bytes(case: Case, block: Block) -> None:
    detector = case.fitted
    half = case.rows // 2
    _, state = run(case, rows_of(block, np.s_[:half]), detector)

    revived = np.frombuffer(state.tobytes()).reshape(state.shape)
    scores, _ = detector.score(rows_of(block, np.s_[half:]), revived)

    assert_same(run(case, block)[0], scores, np.s_[half:])
