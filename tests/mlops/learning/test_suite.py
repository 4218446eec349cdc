"""Detectors taken together give what each gives alone, however readings are cut."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Self

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlops.detectors.base import Block, Detector, Explanation, Scores, State
from mlops.detectors.suite import Member, Suite


class Step(Detector):
    """How far a value is from the one before, in `size`; channel 1 where it went down."""

    channels = ("up", "down")
    min_history = 1

    def __init__(self, size: float = 1.0) -> None:
        self.size = size

    def fit(self, history: Block) -> Self:
        return self

    def begin(self, series: int) -> State:
        return np.full((series, 1), np.nan)

    def score(self, block: Block, state: State) -> tuple[Scores, State]:
        last, scores, channel = state[:, 0].copy(), [], []
        for values in block.values:
            step = values - last
            scores.append(np.abs(step) / self.size)
            channel.append(step < 0)
            last = np.where(np.isnan(values), last, values)
        unknown = np.full(block.values.shape, np.nan)
        shape = (block.rows, block.columns)
        return Scores(
            np.reshape(scores, shape),
            unknown,
            unknown,
            unknown,
            np.reshape(channel, shape).astype(np.int8),
        ), last[:, None]

    def learnt(self, state: State) -> NDArray[np.int64]:
        return (~np.isnan(state[:, 0])).astype(np.int64)

    def explain(self, block: Block, scores: Scores, row: int, series: int) -> Explanation:
        return Explanation(f"{block.values[row, series]:g}", {})


def suite() -> Suite:
    step = Step()
    return Suite(
        [Member("up", "step", step, 0), Member("down", "step", step, 1)],
        recent=3,
    )


def block(*columns: list[float]) -> Block:
    values = np.array(columns, dtype=float).T
    return Block(np.arange(len(values), dtype=np.int64)[:, None] * 1_000, values)


def cut(whole: Block, *places: int) -> list[Block]:
    edges = [0, *places, whole.rows]
    return [Block(whole.micros[a:b], whole.values[a:b]) for a, b in pairwise(edges)]


def test_a_detector_may_stand_for_several_kinds() -> None:
    both, _ = suite().score(block([1, 4, 2]), suite().begin(1))

    assert [sight.member.kind for sight in both] == ["up", "down"]
    assert both[0].alarms.ravel().tolist() == [0, 3, 0]
    assert both[1].alarms.ravel().tolist() == [0, 0, 2]


def test_the_last_sightings_are_remembered_oldest_first() -> None:
    watch = suite()
    _, state = watch.score(block([1, 4, np.nan, 2, 2, 9]), watch.begin(1))

    up, _ = watch.score(block([9.0]), state)[0]

    assert up.before.values.ravel().tolist() == [2, 2, 9]
    assert up.before.scores.ravel().tolist() == [0, 0, 7]
    assert up.before.micros.ravel().tolist() == [3_000, 4_000, 5_000]


def test_fewer_sightings_than_are_remembered_leave_the_first_ones_unknown() -> None:
    watch = suite()
    _, state = watch.score(block([1.0], [np.nan]), watch.begin(2))

    up, _ = watch.score(block([1.0], [1.0]), state)[0]

    assert np.isnan(up.before.values[:2, 0]).all()
    assert up.before.values[2, 0] == 1
    assert np.isnan(up.before.values[:, 1]).all()


def test_what_has_not_been_learnt_is_told() -> None:
    watch = suite()
    _, state = watch.score(block([1.0], [np.nan]), watch.begin(2))

    [(member, learnt)] = watch.learning(state)

    assert member.name == "step"
    assert learnt.tolist() == [1, 0]


def test_a_state_of_other_members_has_another_layout() -> None:
    alone = Suite([Member("up", "step", Step(), 0)], recent=3)
    longer = Suite(suite().members, recent=4)

    assert len({suite().layout, alone.layout, longer.layout}) == 3
    # Parameters may change: what was learnt stays.
    assert Suite([Member("up", "step", Step(size=9), 0)], recent=3).layout == alone.layout


values = st.one_of(st.just(np.nan), st.floats(-50, 50))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_cutting_readings_anywhere_makes_no_difference(data: Any) -> None:
    rows, columns = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 3))
    whole = block(*[[data.draw(values) for _ in range(rows)] for _ in range(columns)])
    places = sorted(data.draw(st.lists(st.integers(0, rows), max_size=4)))
    watch = suite()

    at_once, expected = watch.score(whole, watch.begin(columns))
    state, parts = watch.begin(columns), []
    for part in cut(whole, *places):
        sights, state = watch.score(part, state)
        parts.append(sights)

    np.testing.assert_array_equal(state, expected)
    for number, sight in enumerate(at_once):
        joined = np.vstack([sights[number].alarms for sights in parts])
        np.testing.assert_array_equal(joined, sight.alarms)


def test_columns_do_not_see_each_other() -> None:
    watch = suite()
    together, state = watch.score(block([1, 5, 2], [7, 7, 7]), watch.begin(2))
    alone, own = watch.score(block([1, 5, 2]), watch.begin(1))

    np.testing.assert_array_equal(together[0].alarms[:, :1], alone[0].alarms)
    np.testing.assert_array_equal(state[:1], own)


def test_empty_blocks_change_nothing() -> None:
    watch = suite()
    _, state = watch.score(block([1, 4, 2]), watch.begin(1))
    nothing = Block(np.empty((0, 1), dtype=np.int64), np.empty((0, 1)))

    sights, after = watch.score(nothing, state)

    np.testing.assert_array_equal(after, state)
    assert all(sight.alarms.shape == (0, 1) for sight in sights)


@pytest.mark.parametrize("recent", [1, 4])
def test_a_state_has_the_width_that_it_says(recent: int) -> None:
    watch = Suite(suite().members, recent=recent)

    assert watch.begin(5).shape == (5, watch.width)
