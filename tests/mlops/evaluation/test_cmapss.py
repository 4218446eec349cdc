from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlops.evaluation.base import DataMissingError
from mlops.evaluation.cmapss import baselines, is_met
from mlops.evaluation.cmapss_files import hold_out, read_histories, read_split
from mlops.evaluation.cmapss_plots import plot_forecasts, plot_life
from tests.mlops.evaluation.public_data import DATA, needs
from tests.mlops.remaining_life.fleet import make_fleet, make_unit, quick


def test_a_set_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError):
        read_split(tmp_path, "FD001")


def test_rows_are_dealt_to_their_units(tmp_path: Path) -> None:
    rows = [[1, 1, *range(24)], [1, 2, *range(24)], [2, 1, *range(24)]]
    path = tmp_path / "train.txt"
    np.savetxt(path, rows)

    first, second = read_histories(path)

    assert (first.unit, first.rows, second.unit, second.rows) == ("1", 2, "2", 1)
    assert first.settings[0].tolist() == [0, 1, 2]
    assert first.sensors[0].tolist() == list(range(3, 24))


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "train.txt", np.ones((3, 25)))

    with pytest.raises(ValueError, match="25 columns"):
        read_histories(tmp_path / "train.txt")


def test_a_held_out_unit_is_not_learnt_from() -> None:
    fleet = make_fleet(30)

    split = hold_out(fleet, files=1, seed=0)

    tested = {history.unit for history in split.test}
    assert len(tested) == 6 and len(split.train) == 24 and len(split.test) == 30
    assert tested.isdisjoint(history.unit for history in split.train)
    whole = {history.unit: history.rows for history in fleet}
    total = [history.rows + left for history, left in zip(split.test, split.left, strict=True)]
    assert total == [whole[history.unit] for history in split.test]


def test_a_unit_at_its_last_row_has_nothing_left() -> None:
    # Of a unit of twenty rows only the last can be cut at.
    fleet = [make_unit(f"unit {n}", n).until(20) for n in range(5)]

    assert hold_out(fleet, files=1, seed=0).left.tolist() == [0] * 5


@pytest.mark.parametrize(
    ("error", "whole", "worst", "met"),
    [
        (11.0, 0.9, 0.8, True),
        (11.6, 0.9, 0.8, False),
        (11.0, 0.94, 0.9, False),
        (11.0, 0.86, 0.8, False),
        (11.0, 0.9, 0.79, False),
    ],
)
def test_the_goal_asks_for_error_and_cover(
    error: float, whole: float, worst: float, met: bool
) -> None:
    figures = {"rmse_capped": error, "cover90": whole, "worst_band_cover90": worst}

    assert is_met(figures, goal=11.5) is met


def test_the_last_row_tells_more_than_the_age() -> None:
    split = hold_out(make_fleet(40), files=1, seed=0)

    found = baselines(split, cap=50)

    by_row, by_age = found["ridge on the last row"], found["mean life minus age"]
    assert (by_row["rmse_capped"] or 0) < (by_age["rmse_capped"] or 0)


def test_pictures_are_written(tmp_path: Path) -> None:
    model = quick(trees=2, folds=2).fit(make_fleet(20))
    unit = make_unit("new", 1).until(40)
    left = np.array([30.0, 10.0, 60.0])

    paths = [
        plot_forecasts(tmp_path / "all.png", left, np.vstack([left, left - 5, left + 5]), 50),
        plot_life(tmp_path / "one.png", model, unit, 12.0),
    ]

    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


@needs("cmapss")
def test_the_files_are_read_as_they_are_laid_out() -> None:
    split = read_split(DATA / "cmapss", "FD001")

    assert len(split.train) == len(split.test) == len(split.left) == 100
    assert sum(history.rows for history in split.train) == 20631
    assert split.left[0] == 112
