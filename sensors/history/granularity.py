"""How finely readings are read back. Plain values: no database, no clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Granularity(StrEnum):
    """The width of a bucket, or no buckets at all."""

    RAW = "raw"
    MINUTE = "1m"
    TEN_MINUTES = "10m"
    HOUR = "1h"
    DAY = "1d"

    @property
    def width(self) -> timedelta:
        return WIDTHS[self]

    @property
    def is_from_hours(self) -> bool:
        """Whether whole hours are read from the rollup instead of from the readings."""
        return self.width >= HOUR

    @classmethod
    def fitting(cls, span: timedelta) -> Granularity:
        """The one that gives a span some hundred to some two thousand points.

        Not the finest that would: beyond 3 days an answer comes from the hourly rollup, so
        that its cost does not grow with the rate of the readings.

        >>> Granularity.fitting(timedelta(days=30)).value
        '1h'
        """
        return next((fit for most, fit in LONGEST if span <= most), cls.DAY)


WIDTHS = {
    Granularity.RAW: timedelta(0),
    Granularity.MINUTE: timedelta(minutes=1),
    Granularity.TEN_MINUTES: timedelta(minutes=10),
    Granularity.HOUR: HOUR,
    Granularity.DAY: timedelta(days=1),
}
# The longest span that each is taken for.
LONGEST = [
    (timedelta(minutes=15), Granularity.RAW),
    (timedelta(days=1), Granularity.MINUTE),
    (timedelta(days=3), Granularity.TEN_MINUTES),
    (timedelta(days=60), Granularity.HOUR),
]


def floor(moment: datetime, width: timedelta) -> datetime:
    """The last bucket's start at or before `moment`; buckets are aligned in UTC."""
    return moment - (moment - EPOCH) % width


def ceiling(moment: datetime, width: timedelta) -> datetime:
    """The first bucket's start at or after `moment`."""
    return moment + (EPOCH - moment) % width
