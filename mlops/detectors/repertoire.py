"""What one series usually looks like, and how far from it readings are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mlops.detectors.base import Times, Values
from mlops.detectors.shapes import Shapes


@dataclass(frozen=True, slots=True)
class Repertoire:
    """The usual shapes of a series, shortest first, with the alarm line of each.

    `level` and `unit` bring readings to one scale, `line` is that of all shapes together,
    `tail` are the readings before the next one. `ended` is the time of the last of them
    and `interval` the usual time between two, in microseconds; `run` counts the readings
    up to it that follow each other without a gap.
    """

    level: float
    unit: float
    shapes: tuple[Shapes, ...]
    lines: Values
    line: float
    tail: Values
    ended: float
    interval: float
    run: float

    @property
    def longest(self) -> int:
        """Readings in the longest shape."""
        return self.tail.size + 1

    def score(self, values: Values) -> tuple[Values, Values]:
        """Scores by length, of shape (lengths, rows), and the expected values.

        `values` begin with what came before the rows to score, as long as `tail`.
        """
        scaled = (values - self.level) / self.unit
        scores, endings = [], []
        for shapes, line in zip(self.shapes, self.lines, strict=True):
            first = self.tail.size - shapes.mean.size + 1
            distance, ending = shapes.nearest(
                sliding_window_view(scaled[first:], shapes.mean.size)
            )
            scores.append(distance / (line * self.line))
            endings.append(ending)
        return np.array(scores), self.level + self.unit * endings[0]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it by name, for from_arrays."""
        kept: dict[str, NDArray[Any]] = {
            "numbers": np.array([getattr(self, name) for name in NUMBERS]),
            "lines": self.lines,
            "tail": self.tail,
        }
        for index, shapes in enumerate(self.shapes):
            kept |= {f"{index}.{f.name}": getattr(shapes, f.name) for f in fields(Shapes)}
        return kept

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        lines, tail = arrays["lines"], arrays["tail"]
        shapes = tuple(
            Shapes(**{f.name: arrays[f"{index}.{f.name}"] for f in fields(Shapes)})
            for index in range(lines.size)
        )
        numbers = dict(zip(NUMBERS, arrays["numbers"].tolist(), strict=True))
        return cls(shapes=shapes, lines=lines, tail=tail, **numbers)


NUMBERS = ("level", "unit", "line", "ended", "interval", "run")


def runs_of(micros: Times, widest: float, before: float, run: float) -> Values:
    """How many readings up to each follow each other with no more than `widest` between.

    `before` is the time of the reading before the first, and `run` how many there were up
    to it. All in microseconds, of shape (n,).

    >>> runs_of(np.array([10, 20, 90, 100]), widest=15, before=0, run=3)
    array([4., 5., 1., 2.])
    """
    places = np.arange(micros.size, dtype=float)
    breaks = np.diff(micros.astype(float), prepend=before) > widest
    return places + 1 - np.maximum.accumulate(np.where(breaks, places, -run))
