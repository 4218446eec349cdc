"""Series of one sensor with what is known of them, and alarms as the product raises them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maintenance.episodes import TAIL_RULES, openings
from mlops.detectors.base import Block, Detector, Scores
from mlops.evaluation.csv_rows import read_rows

Micros = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of one sensor, both arrays of shape (rows,), in order of time."""

    name: str
    micros: Micros
    values: Floats


def read_columns(path: Path) -> list[Series]:
    """The series of a CSV file: a column of times, then one for each sensor.

    A series is called by its column, the only one of a file by the file. An empty cell is NaN.
    """
    header, *rows = read_rows(path)
    micros = np.array([row[0] for row in rows], dtype="datetime64[us]").astype(np.int64)
    cells = [[cell or "nan" for cell in row[1:]] for row in rows]
    values = np.array(cells, dtype=np.float64).reshape(-1, len(header) - 1)
    names = header[1:] if len(header) > 2 else [path.name.removesuffix(".gz").removesuffix(".csv")]
    return [Series(name, micros, column) for name, column in zip(names, values.T, strict=True)]


def run_together(detector: Detector, series: Sequence[Series]) -> list[Scores]:
    """What a detector says of each series, all taken as the columns of one block.

    As columns they share the cost of a call. It changes no score: a column knows nothing
    of the others.
    """
    rows = max(one.values.size for one in series)
    micros = np.empty((rows, len(series)), dtype=np.int64)
    values = np.full((rows, len(series)), np.nan)
    for column, one in enumerate(series):
        size = one.values.size
        micros[:, column] = one.micros[-1]
        micros[:size, column], values[:size, column] = one.micros, one.values
    block = Block(micros, values)
    detector.fit(Block(micros[:0], values[:0]))
    scores, _ = detector.score(block, detector.begin(len(series)))
    return [_column(scores, column, one.values.size) for column, one in enumerate(series)]


def _column(scores: Scores, column: int, rows: int) -> Scores:
    return Scores(
        score=scores.score[:rows, column],
        expected=scores.expected[:rows, column],
        low=scores.low[:rows, column],
        high=scores.high[:rows, column],
        channel=scores.channel[:rows, column],
    )


def alarms(one: Series, scores: Floats) -> NDArray[np.bool_]:
    """True where an episode opens under the shipped rules, of shape (rows,)."""
    flags = np.zeros(one.values.size, dtype=bool)
    flags[openings(one.micros, scores, TAIL_RULES)] = True
    return flags
