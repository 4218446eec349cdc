"""Stretches of time that may overlap. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

Span = tuple[datetime, datetime]

HOUR = timedelta(hours=1)


def clipped(spans: Iterable[Span], within: Span) -> list[Span]:
    """What of the spans lies in another; what does not is left out."""
    cut = ((max(start, within[0]), min(end, within[1])) for start, end in spans)
    return [(start, end) for start, end in cut if start < end]


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time as disjoint spans in order. Those that touch become one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def hours(spans: Iterable[Span]) -> float:
    """How long they are together; what two of them cover counts once."""
    return sum(((end - start) / HOUR for start, end in union(spans)), 0.0)


def length(span: Span) -> float:
    """In hours; none where it would end before it starts."""
    return max((span[1] - span[0]) / HOUR, 0.0)
