from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlops.remaining_life.histories import History, HistoryTooShortError, NotEnoughFailuresError
from tests.mlops.remaining_life.fleet import make_fleet, make_unit, quick


def test_too_few_failures_are_refused_and_counted() -> None:
    with pytest.raises(NotEnoughFailuresError) as refusal:
        quick().fit(make_fleet(19))

    assert (refusal.value.units, refusal.value.needed) == (19, 20)


def test_no_failure_at_all_is_refused() -> None:
    with pytest.raises(NotEnoughFailuresError):
        quick().fit([])


def test_the_same_unit_does_not_fail_twice() -> None:
    fleet = make_fleet(20)

    with pytest.raises(ValueError, match="repeat"):
        quick().fit([*fleet, fleet[0]])


def test_a_unit_without_enough_rows_is_named() -> None:
    with pytest.raises(HistoryTooShortError, match="unit short has 2 rows, 5 are needed"):
        quick().fit([*make_fleet(20), replace(make_unit("short", 1).until(2))])


@pytest.mark.parametrize(
    ("settings", "sensors", "words"),
    [
        (np.zeros((9, 2)), np.zeros((9, 3)), "4 columns of sensors"),
        (np.zeros((9, 1)), np.zeros((9, 4)), "2 columns of settings"),
        (np.full((9, 2), np.nan), np.zeros((9, 4)), "settings have to be known"),
        (np.zeros((9, 2)), np.full((9, 4), np.inf), "infinite"),
        (np.zeros((9, 2)), np.zeros(9), "rows and columns"),
    ],
)
def test_what_does_not_match_the_other_units_is_refused(
    settings: np.ndarray, sensors: np.ndarray, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        quick().fit([*make_fleet(20), History("odd", settings, sensors)])


def test_the_life_left_counts_down_from_the_cap() -> None:
    history = make_unit("unit", 1).until(6)

    assert history.remaining(cap=3).tolist() == [3, 3, 3, 2, 1, 0]
