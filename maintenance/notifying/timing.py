"""When is a group told, a failure tried again, a flood held back? Pure: no database, no clock.

The three times of groups are those of Prometheus's Alertmanager.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

FIRST_RETRY = timedelta(seconds=30)
RETRIES_GROW_BY = 4
LONGEST_RETRY = timedelta(hours=6)

FLOOD = timedelta(minutes=10)


def next_flush(
    now: datetime, flush_at: datetime | None, *, wait: timedelta, interval: timedelta
) -> datetime:
    """When a group is told of what comes now, if it is told, or was told last, at `flush_at`.

    What comes before that is told along. What comes within `interval` after it waits for the
    end of that; later, a new group begins, and waits for company.
    """
    if flush_at is None or flush_at + interval <= now:
        return now + wait
    return flush_at if flush_at > now else flush_at + interval


def retry_after(attempts: int, asked: timedelta | None = None) -> timedelta:
    """How long to wait after so many attempts: 30 s, 2 min, 8 min, 32 min, ~2 h, 6 h.

    Without chance in it, so that people can tell when. The other side may ask for longer.
    """
    usual = FIRST_RETRY * RETRIES_GROW_BY ** min(attempts - 1, 10)
    return min(max(usual, asked or timedelta(0)), LONGEST_RETRY)


def held_until(now: datetime, sent: Sequence[datetime], most: int) -> datetime | None:
    """When a recipient may be sent the next message, after those `sent`, the oldest first.

    None: now. There may be so many within ten minutes; what comes beyond becomes one
    message, as soon as the oldest of them is that long ago.
    """
    recent = [at for at in sent if at > now - FLOOD]
    return recent[-most] + FLOOD if len(recent) >= most else None
