"""Half-open spans of time, and what is left of them. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """[start, end)"""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def within(self, other: Span) -> bool:
        return other.start <= self.start and self.end <= other.end

    def shared_with(self, other: Span) -> timedelta:
        """How long both last together."""
        both = min(self.end, other.end) - max(self.start, other.start)
        return max(both, timedelta())

    def without(self, taken: Iterable[Span]) -> list[Span]:
        """What is left of the span in pieces, in order."""
        left, start = [], self.start
        for other in sorted(taken):
            if other.start > start:
                left.append(Span(start, min(other.start, self.end)))
            start = max(start, other.end)
            if start >= self.end:
                break
        if start < self.end:
            left.append(Span(start, self.end))
        return [span for span in left if span.start < span.end]
