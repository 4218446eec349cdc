"""The geometry of a chart of readings. Pure: no database, no clock, no framework.

Positions are percentages of the plot's width and height, so that it can be stretched to
any size without distorting its text. Labels stand in margins around the plot.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import median

from sensors.drawing.ribbons import Ahead

Points = Sequence[tuple[datetime, float]]
Span = tuple[datetime, datetime]

# Labels of time nearer to an edge would touch those of the margins.
LEFTMOST, RIGHTMOST = 2.0, 98.0
# Labels of limits nearer to each other could not be read.
LABEL_HEIGHT = 7.0
# A silence so many times as long as usual breaks the line.
GAP = 5
# A limit further away than so many times the data's own height would flatten the line.
FURTHEST_LIMIT = 20
LARGEST = 1e300
MOST_TICKS = 5
# So few readings are drawn as dots too: a line alone would hide how few they are.
FEW = 30
TIME_STEPS = [
    *(timedelta(seconds=seconds) for seconds in (1, 5, 15, 30)),
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 2, 7, 14, 28, 91, 365)),
]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limit:
    """A line that somebody set; `level` is warning or alarm."""

    level: str
    value: float


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class LimitLine:
    """`label_at` differs from `at` where two labels would cover each other."""

    at: float
    label_at: float
    label: str
    level: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Peak:
    x: float
    y: float
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Band:
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template needs to draw. `path` is empty where there are no readings."""

    title: str
    description: str
    path: str
    dots: tuple[Dot, ...] = ()
    limits: tuple[LimitLine, ...] = ()
    values: tuple[Tick, ...] = ()
    times: tuple[Tick, ...] = ()
    bands: tuple[Band, ...] = ()
    peak: Peak | None = None
    ahead: str = ""
    ribbons: tuple[str, ...] = ()
    zone: str = ""


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


def draw(
    title: str,
    points: Points,
    *,
    unit: str = "",
    limits: Sequence[Limit] = (),
    episodes: Sequence[Span] = (),
    peak: tuple[datetime, float] | None = None,
    called: str = "peak",
    ahead: Ahead | None = None,
    zone: tzinfo = UTC,
) -> Chart:
    """A chart of `points`, in order of time, with episodes shaded and a peak marked.

    What is marked may be `called` otherwise. What is expected goes on from the points.

    Times are told as the clocks of `zone` show them.
    """
    points = [(moment, _drawable(value)) for moment, value in points]
    peak = (peak[0], _drawable(peak[1])) if peak else None
    shown = [*points, *([peak] if peak else []), *(ahead.corners() if ahead else ())]
    if not shown:
        return Chart(title, "There are no readings to show.", "")
    frame = _frame([value for _, value in shown], _moments(shown, episodes), limits)
    near = [limit for limit in limits if frame.low <= limit.value <= frame.high]
    expected = f" Then {ahead.in_words(unit)}." if ahead else ""
    return Chart(
        title=title,
        description=_description(points, unit, near, episodes, peak, called, zone) + expected,
        path=_path(points, frame),
        dots=_dots(points, frame),
        limits=_limit_lines(near, frame),
        values=_value_ticks(frame),
        times=_time_ticks(frame, zone),
        bands=tuple(_band(episode, frame) for episode in episodes),
        peak=_peak(peak, unit, frame, called) if peak else None,
        ahead=ahead.path(frame) if ahead else "",
        ribbons=ahead.ribbons(frame) if ahead else (),
        zone=f"{frame.end.astimezone(zone):%Z}",
    )


def _drawable(value: float) -> float:
    """The value, or one so large that its distance from any other is still a number."""
    return max(-LARGEST, min(value, LARGEST))


def _moments(shown: Points, episodes: Sequence[Span]) -> list[datetime]:
    return [*(moment for moment, _ in shown), *(m for episode in episodes for m in episode)]


def _frame(values: list[float], moments: list[datetime], limits: Sequence[Limit]) -> Frame:
    low, high = min(values), max(values)
    reach = FURTHEST_LIMIT * ((high - low) or abs(high) * 0.05 or 1.0)
    near = [lim.value for lim in limits if low - reach <= lim.value <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    margin = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    start, end = min(moments), max(moments)
    if start == end:
        start, end = start - timedelta(minutes=1), end + timedelta(minutes=1)
    return Frame(start, end, low - margin, high + margin)


def _breaks(points: Points) -> list[bool]:
    """For each point, whether a silence came before it. The first begins the line."""
    steps = [(late - early).total_seconds() for (early, _), (late, _) in pairwise(points)]
    silence = median(steps) * GAP if steps else 0
    return [True, *(silence > 0 and step > silence for step in steps)][: len(points)]


def _path(points: Points, frame: Frame) -> str:
    """An SVG path of the line."""
    return " ".join(
        f"{'M' if begins else 'L'}{frame.x(moment)} {frame.y(value)}"
        for (moment, value), begins in zip(points, _breaks(points), strict=True)
    )


def _dots(points: Points, frame: Frame) -> tuple[Dot, ...]:
    """Points that no line shows, or all of them if they are few."""
    breaks = [*_breaks(points), True]
    return tuple(
        Dot(frame.x(moment), frame.y(value))
        for n, (moment, value) in enumerate(points)
        if len(points) <= FEW or (breaks[n] and breaks[n + 1])
    )


def _limit_lines(limits: Sequence[Limit], frame: Frame) -> tuple[LimitLine, ...]:
    lines: list[LimitLine] = []
    for limit in sorted(limits, key=lambda limit: limit.value):
        at = frame.y(limit.value)
        highest = lines[-1].label_at - LABEL_HEIGHT if lines else at
        label = f"{limit.level} {limit.value:.4g}"
        lines.append(LimitLine(at, min(at, round(highest, 2)), label, limit.level))
    return tuple(lines)


def _value_ticks(frame: Frame) -> tuple[Tick, ...]:
    span = frame.high - frame.low
    power = 10 ** math.floor(math.log10(span / MOST_TICKS))
    step = next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= MOST_TICKS)
    first, last = math.ceil(frame.low / step), math.floor(frame.high / step)
    return tuple(Tick(frame.y(n * step), f"{n * step:.6g}") for n in range(first, last + 1))


def _time_ticks(frame: Frame, zone: tzinfo) -> tuple[Tick, ...]:
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


def _band(episode: Span, frame: Frame) -> Band:
    start, end = (frame.x(moment) for moment in episode)
    # Never so narrow that it cannot be seen.
    return Band(start, max(round(end - start, 2), 0.4))


def _peak(peak: tuple[datetime, float], unit: str, frame: Frame, called: str) -> Peak:
    x = frame.x(peak[0])
    anchor = "start" if x < 50 else "end"
    words = "" if called == "peak" else f"{called} "
    return Peak(x, frame.y(peak[1]), f"{words}{peak[1]:.4g} {unit}".rstrip(), anchor)


def _description(
    points: Points,
    unit: str,
    limits: Sequence[Limit],
    episodes: Sequence[Span],
    peak: tuple[datetime, float] | None,
    called: str,
    zone: tzinfo,
) -> str:
    """What the picture shows, in words, for those who cannot see it."""
    said = []
    if points:
        values = [value for _, value in points]
        low, high = min(values), max(values)
        start, end = (moment.astimezone(zone) for moment in (points[0][0], points[-1][0]))
        said.append(
            f"{start:%d %b %Y %H:%M} to {end:%d %b %Y %H:%M %Z}, "
            f"from {low:.4g} to {high:.4g} {unit}".rstrip()
        )
    said += [f"{limit.level} at {limit.value:.4g}" for limit in limits]
    for begin, end in episodes:
        start, stop = begin.astimezone(zone), end.astimezone(zone)
        said.append(f"abnormal from {start:%d %b %H:%M} to {stop:%d %b %H:%M}")
    if peak:
        at = peak[0].astimezone(zone)
        said.append(f"{called} {peak[1]:.4g} {unit}".rstrip() + f" at {at:%d %b %H:%M}")
    return "; ".join(said) + "."
