"""The geometry of a chart of readings. Pure: no database, no clock, no framework.

Positions are percentages of the plot's width and height, so that it can be stretched to
any size without distorting its text. Labels stand in margins around the plot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import median

from sensors.drawing.ribbons import Ahead
from sensors.drawing.ticks import Frame, Tick, round_ticks, time_ticks

Points = Sequence[tuple[datetime, float]]
Span = tuple[datetime, datetime]

# Labels of limits nearer to each other could not be read.
LABEL_HEIGHT = 7.0
# A silence so many times as long as usual breaks the line.
GAP = 5
# A limit further away than so many times the data's own height would flatten the line.
FURTHEST_LIMIT = 20
LARGEST = 1e300
# So few readings are drawn as dots too: a line alone would hide how few they are.
FEW = 30


@dataclass(frozen=True, slots=True)
class Limit:
    """A line that somebody set; `level` is warning or alarm."""

    level: str
    value: float


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
    stood: tuple[Band, ...] = ()
    peak: Peak | None = None
    ahead: str = ""
    ribbons: tuple[str, ...] = ()
    zone: str = ""
    marks: tuple[Tick, ...] = ()


def draw(
    title: str,
    points: Points,
    *,
    unit: str = "",
    limits: Sequence[Limit] = (),
    episodes: Sequence[Span] = (),
    stood: Sequence[Span] = (),
    peak: tuple[datetime, float] | None = None,
    called: str = "peak",
    ahead: Ahead | None = None,
    zone: tzinfo = UTC,
) -> Chart:
    """A chart of `points`, in order of time, with episodes shaded and a peak marked.

    Otherwise shaded is when the machine `stood`, as far as the points go.
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
        description=_description(points, unit, near, episodes, peak, called, zone)
        + _standing(stood)
        + expected,
        path=_path(points, frame),
        dots=_dots(points, frame),
        limits=_limit_lines(near, frame),
        values=round_ticks(frame.low, frame.high, frame.y),
        times=time_ticks(frame, zone),
        bands=tuple(_band(episode, frame) for episode in episodes),
        stood=tuple(_band(span, frame) for span in _within(stood, frame)),
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


def _within(spans: Sequence[Span], frame: Frame) -> list[Span]:
    """What of the spans the picture shows."""
    cut = [(max(start, frame.start), min(end, frame.end)) for start, end in spans]
    return [(start, end) for start, end in cut if start < end]


def _standing(stood: Sequence[Span]) -> str:
    if not stood:
        return ""
    hours = sum((end - start for start, end in stood), timedelta()) / timedelta(hours=1)
    return f" Not judged while the machine stood: {hours:.1f} h."


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
