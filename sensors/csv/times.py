"""Read the times of a file: epoch, ISO 8601 or a given format, in a zone or with offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Literal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Told apart by their digits, which holds from 1973 to 2286. Fewer digits are a compact
# ISO date, and fourteen are YYYYMMDDhhmmss, which needs a format.
EPOCH_DIGITS = {9: 1, 10: 1, 12: 1_000, 13: 1_000, 15: 10**6, 16: 10**6, 18: 10**9, 19: 10**9}
NUMBER = re.compile(r"(\d{9,19})(\.\d+)?")

Ambiguous = Literal["reject", "first", "second"]


class UnreadableTimeError(ValueError):
    """The text is no time, or a local time that the clocks skip or show twice."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Times:
    """How a file writes its times.

    `zone` is for times without an offset. One that the clocks skip in spring is refused;
    one that they show twice in autumn is refused too, unless `ambiguous` says which of
    the two is meant: a guess would mix two hours into one.
    """

    format: str | None = None
    zone: tzinfo = UTC
    ambiguous: Ambiguous = "reject"

    def read(self, text: str) -> datetime:
        """The moment in UTC. Raises UnreadableTimeError.

        >>> Times().read("1583748873.25").isoformat()
        '2020-03-09T10:14:33.250000+00:00'
        """
        text = text.strip()
        try:
            if self.format:
                moment = datetime.strptime(text, self.format)  # noqa: DTZ007
            elif number := NUMBER.fullmatch(text):
                return _from_epoch(number)
            else:
                moment = datetime.fromisoformat(text)
            return moment.astimezone(UTC) if moment.tzinfo else self._in_zone(moment)
        except UnreadableTimeError:
            raise
        except (ValueError, OverflowError) as exc:
            raise UnreadableTimeError("unreadable_time", f"{text[:40]!r} is not a time") from exc

    def _in_zone(self, local: datetime) -> datetime:
        if self.zone is UTC:
            return local.replace(tzinfo=UTC)
        first = local.replace(tzinfo=self.zone)
        second = first.replace(fold=1)
        before, after = first.utcoffset(), second.utcoffset()
        if before == after:
            return first.astimezone(UTC)
        if before is None or after is None or before < after:
            raise UnreadableTimeError(
                "nonexistent_time", f"the clocks of {self.zone} skip {local}"
            )
        if self.ambiguous == "reject":
            raise UnreadableTimeError(
                "ambiguous_time", f"the clocks of {self.zone} show {local} twice"
            )
        return (first if self.ambiguous == "first" else second).astimezone(UTC)


def _from_epoch(number: re.Match[str]) -> datetime:
    per_second = EPOCH_DIGITS.get(len(number[1]))
    if per_second is None:
        raise ValueError
    # Decimal, not float: microseconds of today do not fit into a float of seconds.
    seconds = Decimal(number[0]) / per_second
    return EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
