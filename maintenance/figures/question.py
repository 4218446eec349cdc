"""What figures may be asked for: an interval, of sites or of an asset with its parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from maintenance.figures.spans import Span

USUAL_INTERVAL = timedelta(days=30)
LONGEST_INTERVAL = timedelta(days=366)
# Of anomalies, orders or anything else: more would take too long and too much memory.
MOST_ROWS = 50_000


class FiguresError(Exception):
    """They cannot be computed. `code` is stable, `limit` is what would be allowed."""

    def __init__(self, code: str, detail: str, limit: int) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Question:
    """The half-open interval [start, end), as it was known at a moment.

    What happened after `as_of` is as if it had not: the same question has the same answer
    for as long as nobody changes what was before.
    """

    sites: tuple[int, ...]
    start: datetime
    end: datetime
    as_of: datetime
    asset: int | None = None

    @classmethod
    def about(
        cls,
        sites: tuple[int, ...],
        asset: int | None = None,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        as_of: datetime,
    ) -> Question:
        """With the usual interval for what is left out. Raises FiguresError if it is too long."""
        end = end or (start + USUAL_INTERVAL if start else as_of)
        start = start or end - USUAL_INTERVAL
        if end - start > LONGEST_INTERVAL:
            words = f"The interval is longer than {LONGEST_INTERVAL.days} days."
            raise FiguresError("interval_too_long", words, LONGEST_INTERVAL.days)
        return cls(sites, start, end, as_of, asset)

    @property
    def within(self) -> Span:
        """The part of the interval that had passed."""
        return self.start, max(self.start, min(self.end, self.as_of))
