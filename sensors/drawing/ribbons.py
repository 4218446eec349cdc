"""What lies ahead in a chart: a line with bands around it. Pure, as charts.py is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Places(Protocol):
    """Where in the picture a moment and a value lie."""

    def x(self, moment: datetime) -> float: ...

    def y(self, value: float) -> float: ...


Curve = Sequence[tuple[datetime, float]]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is expected, by moment, and the lower and the upper edges of bands around it."""

    line: Curve
    bands: Sequence[tuple[Curve, Curve]] = ()

    def corners(self) -> Iterator[tuple[datetime, float]]:
        """All that the picture must have room for."""
        yield from self.line
        for low, high in self.bands:
            yield from low
            yield from high

    def path(self, places: Places) -> str:
        """An SVG path of the line."""
        return "M" + " L".join(_points(self.line, places))

    def ribbons(self, places: Places) -> tuple[str, ...]:
        """An SVG path of each band, up one edge and back along the other."""
        return tuple(
            "M" + " L".join([*_points(low, places), *_points(high[::-1], places)]) + " Z"
            for low, high in self.bands
        )

    def in_words(self, unit: str) -> str:
        """For those who cannot see it."""
        values = [value for _, value in self.line]
        edges = [value for _, value in self.corners()]
        said = f"forecast from {values[0]:.4g} to {values[-1]:.4g} {unit}".rstrip()
        return said + f", between {min(edges):.4g} and {max(edges):.4g} {unit}".rstrip()


def _points(curve: Curve, places: Places) -> list[str]:
    return [f"{places.x(moment)} {places.y(value)}" for moment, value in curve]
