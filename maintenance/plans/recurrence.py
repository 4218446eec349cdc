"""On which dates does a rule fall? Pure: no database, no clock.

A rule is an RRULE of RFC 5545 with a start in local time. dateutil knows what a rule means;
what is here reads it strictly, keeps hostile ones short and carries dates through the changes
of the clock: a time that a change leaves out is read by the offset before the change (02:30
becomes 03:30), one that comes twice is the first of the two (RFC 5545, 3.3.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from dateutil.rrule import rrulestr

# The longest step of a rule is some ten years.
MOST_INTERVAL = {"DAILY": 3_650, "WEEKLY": 520, "MONTHLY": 120, "YEARLY": 10}
MOST_COUNT = 1_000
LONGEST_RULE = 200
FIRST_YEAR, LAST_YEAR = 2000, 2100
# A rule that falls on no day within so long of its start is a slip.
NOTHING_FOR = timedelta(days=10 * 366)

_DAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
_NUMBER = r"[+-]?[1-9]\d{0,2}"
FORMS = {
    "FREQ": r"[A-Z]+",
    "INTERVAL": r"\d{1,4}",
    "COUNT": r"\d{1,4}",
    "UNTIL": r"\d{8}(?:T\d{6}Z?)?",
    "BYMONTH": r"0?[1-9]\d?(?:,0?[1-9]\d?)*",
    "BYMONTHDAY": rf"{_NUMBER}(?:,{_NUMBER})*",
    "BYDAY": rf"(?:[+-]?\d{{1,2}})?{_DAY}(?:,(?:[+-]?\d{{1,2}})?{_DAY})*",
    "BYSETPOS": rf"{_NUMBER}(?:,{_NUMBER})*",
    "BYHOUR": r"\d{1,2}(?:,\d{1,2})*",
    "WKST": _DAY,
}
HIGHEST = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYSETPOS": 366, "BYHOUR": 23}
# Counted from the completion, a rule is a distance and no pattern of days.
OF_A_DISTANCE = {"FREQ", "INTERVAL", "WKST"}

# The calendar repeats itself after 400 years to the day of the week, and dateutil looks for
# dates until the year 9999. Moved there, a rule that never falls is told from others after
# some 370 years of looking instead of 8 000.
LATER = 7_600


class RuleError(ValueError):
    """The rule cannot be kept. `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that has been read. `parts` are those of the RRULE but UNTIL and COUNT."""

    parts: tuple[tuple[str, str], ...]
    frequency: str
    interval: int
    count: int | None
    until: str

    @classmethod
    def read(cls, text: str) -> Rule:
        """Raises RuleError.

        >>> Rule.read("freq=MONTHLY;INTERVAL=3;BYDAY=1MO").interval
        3
        """
        parts = _split(text)
        frequency = parts.get("FREQ", "")
        if frequency in ("SECONDLY", "MINUTELY", "HOURLY"):
            raise RuleError("rule_too_frequent", "A plan falls daily at most; see BYHOUR.")
        if frequency not in MOST_INTERVAL:
            raise RuleError("rule_unreadable", "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY.")
        interval, count = int(parts.get("INTERVAL", 1)), int(parts.get("COUNT", 1))
        _check_bounds(frequency, interval, count)
        _check_together(frequency, parts)
        kept = tuple((n, v) for n, v in parts.items() if n not in ("COUNT", "UNTIL"))
        return cls(
            kept, frequency, interval, count if "COUNT" in parts else None, parts.get("UNTIL", "")
        )

    @property
    def is_distance(self) -> bool:
        """Whether it says nothing but how far apart its dates are."""
        named = {name for name, _ in self.parts}
        return named <= OF_A_DISTANCE and not self.until and self.count is None

    def ends_at(self, zone: ZoneInfo) -> datetime | None:
        """The last local moment on which it may fall; a day counts to its end."""
        if not self.until:
            return None
        said = datetime.fromisoformat(self.until[: len("20260601T060000")])
        if "T" not in self.until:
            return said + timedelta(days=1, seconds=-1)
        if self.until.endswith("Z"):
            return said.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        return said


def moment_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, of a local time, also of one that is left out or comes twice."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def dates_after(
    rule: Rule, start: datetime, zone: ZoneInfo, after: datetime
) -> Iterator[datetime]:
    """The moments on which the rule falls, in UTC and in order, later than `after`.

    `start` is DTSTART, in local time and without a zone.
    """
    around = after.astimezone(zone).replace(tzinfo=None) - timedelta(days=2)
    last = rule.ends_at(zone)
    told = after
    begun = _forward(rule, start, around)
    text = ";".join(f"{name}={value}" for name, value in rule.parts)
    if rule.count is not None:
        text += f";COUNT={rule.count}"
    dates = rrulestr(text, dtstart=begun.replace(year=begun.year + LATER))
    from_ = max(around, begun)
    for later in dates.xafter(from_.replace(year=from_.year + LATER), inc=True):
        local = later.replace(year=later.year - LATER)
        if last and local > last:
            return
        moment = moment_of(local, zone)
        # A time that was left out may become one that the rule names as well.
        if moment > told:
            told = moment
            yield moment


def next_after(rule: Rule, start: datetime, zone: ZoneInfo, after: datetime) -> datetime | None:
    return next(dates_after(rule, start, zone, after), None)


def from_completion(rule: Rule, at: time, zone: ZoneInfo, completed_at: datetime) -> datetime:
    """When it is due again: the rule's distance after the day of the completion, at the local
    time `at`. From the end of a month it is the end of a month, where RRULE would leave out
    those that are too short."""
    step = {"DAILY": "days", "WEEKLY": "weeks", "MONTHLY": "months", "YEARLY": "years"}
    ahead = relativedelta(**{step[rule.frequency]: rule.interval})
    day = (completed_at.astimezone(zone) + ahead).date()
    return moment_of(datetime.combine(day, at), zone)


def check(text: str, start: datetime, zone: ZoneInfo) -> Rule:
    """Read a rule and see that it falls on some date. Raises RuleError."""
    rule = Rule.read(text)
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        years = f"from {FIRST_YEAR} to {LAST_YEAR}"
        raise RuleError("start_out_of_bounds", f"A plan begins in the years {years}.")
    before = moment_of(start, zone) - timedelta(seconds=1)
    try:
        first = next_after(rule, start, zone, before)
    except ValueError as exc:
        raise RuleError("rule_unreadable", f"The rule cannot be read: {exc}.") from exc
    if first is None or first > before + NOTHING_FOR:
        raise RuleError("rule_never_falls", "The rule falls on no day within ten years.")
    return rule


def _split(text: str) -> dict[str, str]:
    if len(text) > LONGEST_RULE:
        raise RuleError("rule_out_of_bounds", f"A rule has up to {LONGEST_RULE} characters.")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, _, value = part.partition("=")
        if name not in FORMS:
            raise RuleError("rule_unknown_part", f"A rule cannot say {name[:20]!r} here.")
        if name in parts or not re.fullmatch(FORMS[name], value, re.ASCII):
            raise RuleError("rule_unreadable", f"{name} cannot be read.")
        if name in HIGHEST and any(abs(int(n)) > HIGHEST[name] for n in value.split(",")):
            raise RuleError("rule_out_of_bounds", f"{name} goes to {HIGHEST[name]}.")
        parts[name] = value
    return parts


def _check_bounds(frequency: str, interval: int, count: int) -> None:
    if not 1 <= interval <= MOST_INTERVAL[frequency]:
        most = f"INTERVAL of {frequency} goes from 1 to {MOST_INTERVAL[frequency]}."
        raise RuleError("rule_out_of_bounds", most)
    if not 1 <= count <= MOST_COUNT:
        raise RuleError("rule_out_of_bounds", f"COUNT goes from 1 to {MOST_COUNT}.")


def _check_together(frequency: str, parts: dict[str, str]) -> None:
    """What RFC 5545 says does not go together; dateutil would take it for something else."""
    if "COUNT" in parts and "UNTIL" in parts:
        raise RuleError("rule_unreadable", "A rule has a COUNT or an UNTIL, not both.")
    of_days = frequency in ("DAILY", "WEEKLY")
    if of_days and ("BYSETPOS" in parts or re.search(r"\d", parts.get("BYDAY", ""))):
        raise RuleError("rule_unreadable", f"Days of {frequency} have no numbers.")
    if frequency == "WEEKLY" and "BYMONTHDAY" in parts:
        raise RuleError("rule_unreadable", "BYMONTHDAY does not go with WEEKLY.")


def _forward(rule: Rule, start: datetime, until: datetime) -> datetime:
    """A later start from which the rule of days or weeks falls on the same dates."""
    if rule.count is not None or rule.frequency not in ("DAILY", "WEEKLY") or until <= start:
        return start
    step = timedelta(days=rule.interval * (7 if rule.frequency == "WEEKLY" else 1))
    return start + step * max((until - start) // step - 1, 0)
