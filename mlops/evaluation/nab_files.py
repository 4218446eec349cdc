"""Reads the series of the Numenta Anomaly Benchmark, and what is labelled in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from mlops.evaluation.base import DataMissingError
from mlops.evaluation.univariate_series import Micros, Series, read_columns
from mlops.metrics.nab import Labelled

LABELS = Path("labels", "combined_windows.json")

Windows = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Case:
    """A series and its labels: in time, of shape (windows, 2), both ends inside, and in rows."""

    series: Series
    windows: Micros
    labels: Labelled

    @classmethod
    def of(cls, series: Series, windows: Micros) -> Self:
        """Windows in which there is no reading are left out of the rows."""
        first = np.searchsorted(series.micros, windows[:, 0], side="left")
        last = np.searchsorted(series.micros, windows[:, 1], side="right") - 1
        rows = [(int(a), int(b)) for a, b in zip(first, last, strict=True) if a <= b]
        return cls(series, windows, Labelled(series.micros.size, tuple(rows)))


@dataclass(frozen=True, slots=True)
class Files:
    """The series with labels, in order of name, and the names of files that are none: without
    labels, with several columns, or with fewer than two readings."""

    cases: list[Case]
    left_out: list[str]


def read(folder: Path) -> Files:
    """Every series under `data`, in whatever folders, with the labels of its name.

    A file in another folder than its label says keeps its labels, if its own name is
    unique among them. One without labels cannot be scored: an empty list of windows, which
    is a label, says that nothing is wrong in it, and no entry says nothing. Raises
    DataMissingError where no window is there to be hit.
    """
    listed = folder / LABELS
    labels: dict[str, Windows] = json.loads(listed.read_text()) if listed.is_file() else {}
    cases, left_out = [], []
    for name, path in _paths(folder / "data").items():
        windows, columns = _windows(name, labels), read_columns(path)
        series = _in_order(columns[0]) if len(columns) == 1 else None
        if windows is None or series is None or series.values.size < 2:
            left_out.append(name)
        else:
            cases.append(Case.of(series, _in_time(windows)))
    if not any(case.labels.reachable for case in cases):
        raise DataMissingError(f"no series with labelled windows in {folder}")
    return Files(cases, left_out)


def _paths(data: Path) -> dict[str, Path]:
    """By the names that labels use: with folders, without .gz."""
    found = sorted([*data.rglob("*.csv"), *data.rglob("*.csv.gz")])
    return {path.relative_to(data).as_posix().removesuffix(".gz"): path for path in found}


def _windows(name: str, labels: Mapping[str, Windows]) -> Windows | None:
    if name in labels:
        return labels[name]
    same = [windows for other, windows in labels.items() if Path(other).name == Path(name).name]
    return same[0] if len(same) == 1 else None


def _in_time(windows: Windows) -> Micros:
    return np.array(windows, dtype="datetime64[us]").astype(np.int64).reshape(-1, 2)


def _in_order(series: Series) -> Series:
    """The readings in order of time, for some clocks were set back; without empty ones."""
    order = np.argsort(series.micros, kind="stable")
    order = order[np.isfinite(series.values[order])]
    return Series(series.name, series.micros[order], series.values[order])
