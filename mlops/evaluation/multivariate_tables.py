"""Tables of an asset's sensors, and how a detector does on them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import numpy as np

from mlops.detectors.base import ALARM_LINE, Block, Detector, State, Values
from mlops.metrics.pointwise import Flags

MICROSECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file by name, as text."""

    columns: Mapping[str, tuple[str, ...]]

    def numbers(self, names: list[str]) -> Values:
        """The named columns, of shape (rows, names)."""
        return np.array([self.columns[name] for name in names], dtype=float).T

    def times(self, name: str, form: str) -> list[datetime]:
        """The named column as times, said to be UTC."""
        return [datetime.strptime(t, form).replace(tzinfo=UTC) for t in self.columns[name]]


def read_table(path: Path, delimiter: str = ",") -> Table:
    """Read a CSV file, compressed or not, with a header."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="") as file:
        header, *rows = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
    columns = zip(*rows, strict=True)
    return Table(dict(zip([name.strip() for name in header], columns, strict=True)))


def block_of(values: Values, interval: float) -> Block:
    """Rows at a steady interval in seconds, the first in 1970."""
    steps = np.arange(len(values), dtype=np.int64) * round(interval * MICROSECOND)
    return Block(steps[:, None], values)


@dataclass(frozen=True, slots=True)
class Watch:
    """What a fitted detector said of rows, and what it cost."""

    score: Values
    state: State
    microseconds: float
    readings: int

    @property
    def alarms(self) -> Flags:
        # A row without a score compares as False.
        return self.score >= ALARM_LINE


def watch(detector: Detector, block: Block, state: State | None = None) -> Watch:
    """Score a block with a detector of assets, from its first state if none is given."""
    started = perf_counter()
    scores, after = detector.score(block, detector.begin(1) if state is None else state)
    spent = (perf_counter() - started) * MICROSECOND
    return Watch(scores.score[:, 0], after, spent, block.values.size)


def cost(watches: list[Watch], columns: int) -> dict[str, float]:
    """Microseconds per reading and bytes of state per sensor, of some runs."""
    readings = sum(run.readings for run in watches)
    return {
        "microseconds_per_reading": sum(run.microseconds for run in watches) / readings,
        "state_bytes_per_sensor": watches[-1].state.nbytes / columns,
    }
