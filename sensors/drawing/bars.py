"""Charts of bars: how much there was of each of some things, or on each day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sensors.drawing.ticks import Tick, round_ticks

MOST_LABELS = 6
# Of the room of each bar.
FILLED = 0.8
# Less than this is what rounding left.
LEAST = 1e-9
# So that no bar touches the upper edge.
MARGIN = 1.05


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a bar stands, in per cent of the plot, and what it says."""

    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class BarChart:
    title: str
    description: str
    bars: tuple[Bar, ...] = ()
    values: tuple[Tick, ...] = ()
    labels: tuple[Tick, ...] = ()


def draw_bars(title: str, named: Sequence[tuple[str, float]], *, unit: str = "") -> BarChart:
    """A bar for each of the named values, none of which is negative."""
    most = max((value for _, value in named), default=0.0)
    if most < LEAST:
        return BarChart(title, "There is nothing to show.")
    top, room = MARGIN * most, 100 / len(named)

    def y(value: float) -> float:
        return round(100 * (1 - value / top), 2)

    bars = tuple(
        Bar(
            round(room * (place + (1 - FILLED) / 2), 2),
            y(value),
            round(room * FILLED, 2),
            round(100 - y(value), 2),
            f"{name}: {value:.4g} {unit}".rstrip(),
        )
        for place, (name, value) in enumerate(named)
    )
    # Every so many have their name below, the first among them.
    step = -(-len(named) // MOST_LABELS)
    labels = tuple(
        Tick(round(room * (place + 0.5), 2), name)
        for place, (name, _) in enumerate(named)
        if place % step == 0
    )
    name, _ = max(named, key=lambda pair: pair[1])
    total = sum(value for _, value in named)
    said = f"{total:.4g} {unit}".rstrip() + f" in all, the most {name}: {most:.4g}."
    return BarChart(title, said, bars, round_ticks(0.0, top, y), labels)
