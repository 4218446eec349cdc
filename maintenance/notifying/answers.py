"""What an answer over HTTP means for a message. Pure: no database, no clock, no network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_WAIT = timedelta(days=1)
# The server is busy, or did not get all of it in time.
PASSING = frozenset({408, 425, 429})


def is_passing(status: int) -> bool:
    """Whether the same request may work later. A redirect is not followed, so it may not."""
    return status in PASSING or status >= 500


def asked_to_wait(header: str | None, now: datetime) -> timedelta | None:
    """What `Retry-After` says, in seconds or as a date; None where that is nothing.

    >>> asked_to_wait("120", datetime(2026, 6, 1, tzinfo=UTC))
    datetime.timedelta(seconds=120)
    """
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), LONGEST_WAIT)
