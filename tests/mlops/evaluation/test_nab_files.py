"""Folders of the benchmark as they come: with more in them, with less, and renamed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops.evaluation import nab
from mlops.evaluation.base import DataMissingError
from mlops.evaluation.nab_files import read

WINDOW = ["2024-03-04 01:00:00.000000", "2024-03-04 01:30:00.000000"]
# In the rows that no detector is asked of.
EARLY = ["2024-03-04 00:05:00.000000", "2024-03-04 00:10:00.000000"]
# Rows of 5 minutes: from 1:00 to 1:30.
ROWS = (12, 18)


def rows(count: int = 40) -> list[str]:
    return [f"2024-03-04 {5 * i // 60:02d}:{5 * i % 60:02d}:00,{i % 7}" for i in range(count)]


def put(folder: Path, name: str, lines: list[str]) -> None:
    path = folder / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["timestamp,value", *lines]) + "\n")


def label(folder: Path, labels: dict[str, list[list[str]]]) -> None:
    path = folder / "labels" / "combined_windows.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(labels))


def test_a_file_may_lie_in_any_folder_and_be_uncompressed(tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/deep/pump.csv", rows())
    label(tmp_path, {"pumps/pump.csv": [WINDOW]})

    (case,) = read(tmp_path).cases

    assert case.series.name == "pump"
    assert case.labels.windows == (ROWS,)


def test_a_file_without_an_entry_is_left_out_and_told(tmp_path: Path) -> None:
    put(tmp_path / "nab", "pumps/pump.csv", rows())
    put(tmp_path / "nab", "pumps/renamed.csv", rows())
    label(tmp_path / "nab", {"pumps/pump.csv": [WINDOW], "pumps/not_here.csv": [WINDOW]})

    result = nab.evaluate(tmp_path, tmp_path / "plots")

    assert result.files == 1
    assert "left out, no series with labels: pumps/renamed.csv" in result.notes


def test_of_two_entries_with_the_name_of_a_file_neither_is_taken(tmp_path: Path) -> None:
    put(tmp_path, "moved/pump.csv", rows())
    put(tmp_path, "a/fan.csv", rows())
    label(tmp_path, {"a/pump.csv": [], "b/pump.csv": [WINDOW], "a/fan.csv": [WINDOW]})

    assert read(tmp_path).left_out == ["moved/pump.csv"]


def test_an_empty_file_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "a/pump.csv", rows())
    put(tmp_path, "a/empty.csv", [])
    label(tmp_path, {"a/pump.csv": [WINDOW], "a/empty.csv": [WINDOW]})

    found = read(tmp_path)

    assert (len(found.cases), found.left_out) == (1, ["a/empty.csv"])


def test_an_empty_cell_is_no_reading(tmp_path: Path) -> None:
    lines = rows()
    put(tmp_path, "a/pump.csv", [*lines[:30], lines[30].split(",")[0] + ",", *lines[31:]])
    label(tmp_path, {"a/pump.csv": [WINDOW]})

    assert read(tmp_path).cases[0].series.values.size == 39


def test_a_window_without_readings_is_none(tmp_path: Path) -> None:
    put(tmp_path, "a/pump.csv", rows())
    other_year = [moment.replace("2024", "2025") for moment in WINDOW]
    label(tmp_path, {"a/pump.csv": [WINDOW, other_year]})

    assert read(tmp_path).cases[0].labels.windows == (ROWS,)


def test_readings_of_a_clock_that_was_set_back_come_in_order(tmp_path: Path) -> None:
    lines = rows()
    put(tmp_path, "a/pump.csv", [*lines[:20], *lines[10:]])
    label(tmp_path, {"a/pump.csv": [WINDOW]})

    (case,) = read(tmp_path).cases

    assert (case.series.micros[1:] >= case.series.micros[:-1]).all()
    assert case.series.values.size == 50


@pytest.mark.parametrize("labels", [None, {}, {"a/pump.csv": []}, {"a/pump.csv": [EARLY]}])
def test_without_a_window_there_is_nothing_to_score(
    tmp_path: Path, labels: dict[str, list[list[str]]] | None
) -> None:
    put(tmp_path, "a/pump.csv", rows())
    if labels is not None:
        label(tmp_path, labels)

    with pytest.raises(DataMissingError, match="no series with labelled windows"):
        read(tmp_path)
