"""A time that comes again by a rule of RFC 5545. Pure: no database, no clock.

The rule goes by the clock on the wall: each Sunday at six is six before and after the
clocks change, and each time lasts as long as the first by the stop-watch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from maintenance.moments import IN_WORDS, is_possible

LONGEST = timedelta(days=31)
# What a rule may say. Each frequency that is left reaches the end of the calendar within a
# second, even where nothing ever matches: rules come from outside.
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS")

Span = tuple[datetime, datetime]


class RecurrenceError(ValueError):
    """It is no rule, or none that ever happens. `code` is stable."""

    def __init__(self, code: str, detail: str, field: str = "rrule") -> None:
        super().__init__(detail)
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`duration` from `starts_at`, and again by `rule`; an empty rule is once. `zone` is the
    name of the time zone of the clock on the wall."""

    starts_at: datetime
    duration: timedelta
    rule: str
    zone: str

    def check(self) -> None:
        """Raise RecurrenceError for what cannot be, or would take for ever to work out."""
        if not is_possible(self.starts_at):
            raise RecurrenceError("out_of_time", IN_WORDS, "starts_at")
        if self.rule:
            _check_parts(_parts(self.rule))
            if self._first(self.starts_at) is None:
                raise RecurrenceError("never_happens", "No day ever fits the rule")

    def next_after(self, moment: datetime) -> Span | None:
        """The time that goes on at a moment, or else the next one; None if all are over."""
        if not self.rule:
            span = self._span(self.starts_at)
            return span if span[1] > moment else None
        return self._first(moment)

    def spans(self, since: datetime, until: datetime) -> list[Span]:
        """The times that overlap an interval, cut off at its ends."""
        if not self.rule:
            found = [self._span(self.starts_at)]
        else:
            found = list(takewhile(lambda span: span[0] < until, self._all_from(since)))
        return [
            (max(start, since), min(end, until))
            for start, end in found
            if start < until and end > since
        ]

    def _first(self, moment: datetime) -> Span | None:
        return next((span for span in self._all_from(moment) if span[1] > moment), None)

    def _all_from(self, moment: datetime) -> Iterator[Span]:
        zone = ZoneInfo(self.zone)
        # One that began before may still go on; a day more for the clocks of the world.
        earliest = (moment - self.duration - timedelta(days=1)).astimezone(zone)
        begins = self._rule(zone).xafter(earliest.replace(tzinfo=None), inc=True)
        return (self._span(wall.replace(tzinfo=zone)) for wall in begins)

    def _rule(self, zone: ZoneInfo) -> rrule:
        first = self.starts_at.astimezone(zone).replace(tzinfo=None)
        return rrulestr(_in_local_time(self.rule, zone), dtstart=first, cache=False)

    def _span(self, start: datetime) -> Span:
        start = start.astimezone(UTC)
        return start, start + self.duration


def _parts(rule: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in rule.strip().split(";")]
    parts = {name.strip().upper(): value.strip().upper() for name, _, value in pairs}
    if len(parts) < len(pairs) or not all(parts.values()):
        raise RecurrenceError("not_a_rule", "Such as FREQ=WEEKLY;BYDAY=SU")
    return parts


def _check_parts(parts: dict[str, str]) -> None:
    if odd := sorted(parts.keys() - set(PARTS)):
        named = ", ".join(PARTS)
        raise RecurrenceError("not_a_rule", f"{odd[0][:20]!r} is not one of {named}")
    if parts.get("FREQ") not in FREQUENCIES:
        raise RecurrenceError("not_a_rule", f"FREQ is one of {', '.join(FREQUENCIES)}")
    if not parts.get("INTERVAL", "1").isdecimal() or int(parts.get("INTERVAL", "1")) < 1:
        raise RecurrenceError("not_a_rule", "INTERVAL is a whole number from 1 on")
    by = [name for name in parts if name.startswith("BY")]
    if parts["FREQ"] == "DAILY" and by and (by != ["BYDAY"] or "INTERVAL" in parts):
        raise RecurrenceError("not_a_rule", "Of days only BYDAY may be said; else take months")
    try:
        rrulestr(_in_local_time(";".join(map("=".join, parts.items())), ZoneInfo("UTC")))
    except (ValueError, TypeError, OverflowError) as exc:
        raise RecurrenceError("not_a_rule", "It is no rule of RFC 5545") from exc


def _in_local_time(rule: str, zone: ZoneInfo) -> str:
    """The rule with its last moment on the clock on the wall, as all else is."""
    parts = _parts(rule)
    if until := parts.get("UNTIL", "").endswith("Z") and parts["UNTIL"]:
        last = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        parts["UNTIL"] = f"{last.astimezone(zone):%Y%m%dT%H%M%S}"
    return ";".join(f"{name}={value}" for name, value in parts.items())
