"""Where the numbers and times along the edges of a chart stand. Pure, as charts.py is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

# Labels of time nearer to an edge would touch those of the margins.
LEFTMOST, RIGHTMOST = 2.0, 98.0
MOST_TICKS = 5
TIME_STEPS = [
    *(timedelta(seconds=seconds) for seconds in (1, 5, 15, 30)),
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 2, 7, 14, 28, 91, 365)),
]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of time and of values that the picture shows."""

    start: datetime
    end: datetime
    low: float
    high: float

    def x(self, moment: datetime) -> float:
        return round(100 * ((moment - self.start) / (self.end - self.start)), 2)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(100 * (1 - share), 2)


def round_ticks(low: float, high: float, place: Callable[[float], float]) -> tuple[Tick, ...]:
    """Ticks at round numbers from `low` to `high`, each where `place` puts its number."""
    span = high - low
    power = 10 ** math.floor(math.log10(span / MOST_TICKS))
    step = next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= MOST_TICKS)
    first, last = math.ceil(low / step), math.floor(high / step)
    return tuple(Tick(place(n * step), f"{n * step:.6g}") for n in range(first, last + 1))


def time_ticks(frame: Frame, zone: tzinfo) -> tuple[Tick, ...]:
    span = frame.end - frame.start
    step = next((s for s in TIME_STEPS if span / s <= MOST_TICKS), span / MOST_TICKS)
    form = "%d %b" if step >= timedelta(days=1) else "%H:%M"
    if step < timedelta(minutes=1):
        form = "%H:%M:%S"
    # Round hours of the clocks there, not of UTC.
    epoch = EPOCH - (frame.start.astimezone(zone).utcoffset() or timedelta())
    first = math.ceil((frame.start - epoch) / step)
    moments = (epoch + step * n for n in range(first, first + MOST_TICKS + 1))
    ticks = (Tick(frame.x(moment), f"{moment.astimezone(zone):{form}}") for moment in moments)
    return tuple(tick for tick in ticks if LEFTMOST <= tick.at <= RIGHTMOST)
