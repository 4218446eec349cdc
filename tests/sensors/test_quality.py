from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors import quality

NAN = float("nan")
INF = float("inf")


def numbers(*values: float) -> quality.Values:
    return np.array(values, dtype=float)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (None, None, [False, False, False, True]),
        (2, None, [True, False, False, True]),
        (None, 2, [False, False, True, True]),
        (2, 2, [True, False, True, True]),
    ],
)
def test_a_range_includes_its_ends_and_no_nan(
    low: float | None, high: float | None, expected: list[bool]
) -> None:
    assert quality.out_of_range(numbers(1, 2, 3, NAN), low, high).tolist() == expected


def test_infinity_is_outside_of_any_range() -> None:
    assert quality.out_of_range(numbers(INF, -INF), 0, 10).all()


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (0, [0, 0, 0, 0, 0, 0]),
        (2, [0, 1, 1, 0, 0, 1]),
        (3, [0, 0, 1, 0, 0, 0]),
        (4, [0, 0, 0, 0, 0, 0]),
    ],
)
def test_a_run_of_equal_values_is_stuck_from_its_length_on(run: int, expected: list[int]) -> None:
    values = numbers(5, 5, 5, 6, 7, 7)

    assert quality.stuck(values, run).tolist() == [bool(flag) for flag in expected]


def test_a_single_value_is_never_stuck() -> None:
    assert not quality.stuck(numbers(5, 6, 7), 1).any()


def test_a_jump_is_larger_than_the_largest() -> None:
    values = numbers(1, 3, 6, 3, 3)

    assert quality.jumped(values, 2).tolist() == [False, False, True, True, False]
    assert not quality.jumped(values, None).any()


def test_every_step_is_a_jump_where_none_is_allowed() -> None:
    assert quality.jumped(numbers(1, 1, 2), 0).tolist() == [False, False, True]


def test_a_gap_is_more_than_three_intervals() -> None:
    times = numbers(0, 10, 40, 71)

    assert quality.after_gap(times, 10).tolist() == [False, False, False, True]
    assert not quality.after_gap(times, None).any()
    assert not quality.after_gap(times, 0).any()


def test_a_reading_may_be_ahead_within_the_tolerance() -> None:
    received = numbers(100, 100, 100)

    assert quality.ahead(numbers(99, 105, 106), received, 5).tolist() == [False, False, True]


@pytest.mark.parametrize(
    "flags",
    [
        quality.out_of_range(numbers(), 0, 1),
        quality.stuck(numbers(), 3),
        quality.jumped(numbers(), 1),
        quality.after_gap(numbers(), 1),
        quality.ahead(numbers(), numbers(), 1),
    ],
)
def test_no_values_have_no_flags(flags: quality.Flags) -> None:
    assert flags.shape == (0,)


@given(st.lists(st.integers(0, 2), max_size=30), st.integers(0, 5))
def test_a_check_looks_back_only(raw: list[int], run: int) -> None:
    values = numbers(*raw)

    for end in range(len(raw)):
        assert (quality.stuck(values[:end], run) == quality.stuck(values, run)[:end]).all()
        assert (quality.jumped(values[:end], 1) == quality.jumped(values, 1)[:end]).all()
