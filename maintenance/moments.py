"""Which moments people may name for work. Pure.

What lies further off is a slip, and breaks whoever shows it: on a clock west of Greenwich the
first day of the calendar does not exist.
"""

from __future__ import annotations

from datetime import UTC, datetime

from maintenance.refusals import InvalidError

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
IN_WORDS = "From 2000 up to 2099"


def is_possible(moment: datetime) -> bool:
    return EARLIEST <= moment < LATEST


def check_moment(name: str, moment: datetime) -> None:
    """Raise InvalidError, `out_of_time`, which names the field."""
    if not is_possible(moment):
        raise InvalidError("out_of_time", f"{name}: {IN_WORDS}.", field=name)
