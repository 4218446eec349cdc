"""The times of points: whole numbers since 1970, in a unit that the request names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from sensors.line_protocol.points import LineError, shortened

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS = {
    "n": Fraction(1, 1_000),
    "ns": Fraction(1, 1_000),
    "u": Fraction(1),
    "us": Fraction(1),
    "ms": Fraction(1_000),
    "s": Fraction(1_000_000),
    "m": Fraction(60_000_000),
    "h": Fraction(3_600_000_000),
}
# What InfluxDB and its clients count in.
COUNTED = range(-(2**63), 2**63)
MOST_DIGITS = 19


class Clock:
    """Turns the times of one request into moments.

    Nanoseconds are cut to the microseconds that are stored. The lines of a request often
    share a time, so the last one is remembered.
    """

    def __init__(self, precision: str) -> None:
        unit = MICROSECONDS[precision]
        self._times, self._by = unit.numerator, unit.denominator
        self._text, self._moment = "", EPOCH

    def read(self, text: str) -> datetime:
        """The moment in UTC. Raises LineError.

        >>> Clock("ns").read("1700000000123456789").isoformat()
        '2023-11-14T22:13:20.123456+00:00'
        """
        if text == self._text:
            return self._moment
        digits = text.removeprefix("-")
        numeric = digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS
        if not numeric or int(text) not in COUNTED:
            raise LineError("invalid_timestamp", f"{shortened(text)} is no time")
        try:
            moment = EPOCH + timedelta(microseconds=int(text) * self._times // self._by)
        except OverflowError as exc:
            detail = f"{shortened(text)} is beyond all calendars; is the precision right?"
            raise LineError("invalid_timestamp", detail) from exc
        self._text, self._moment = text, moment
        return moment
