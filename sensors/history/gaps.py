"""Where a sensor was silent, held against the interval that is expected of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sensors.models import Sensor
from sensors.quality import INTERVALS_IN_A_GAP
from sensors.store.reading import Selection, count_at_most
from sensors.store.silences import Silences, silences_of, usual_interval

# Every moment is looked at: a week at one a second.
MOST_EXAMINED = 700_000
MOST_GAPS = 1_000


class TooManyToExamineError(Exception):
    def __init__(self, readings: int) -> None:
        super().__init__(readings)
        self.readings = readings


@dataclass(frozen=True, slots=True)
class Regularity:
    """`expected` is None where too few readings tell of it: then nothing can be missing."""

    expected: timedelta | None
    source: str
    span: timedelta
    silences: Silences

    def in_words(self) -> dict[str, Any]:
        known = self.expected is not None and self.span > timedelta(0)
        return {
            "expected_interval": self.expected.total_seconds() if self.expected else None,
            "expected_interval_from": self.source,
            "gap_count": self.silences.count,
            "truncated": self.silences.count > len(self.silences.first),
            "availability": 1 - self.silences.total / self.span if known else None,
            "gaps": [self._in_words(start, end) for start, end in self.silences.first],
        }

    def _in_words(self, start: datetime, end: datetime) -> dict[str, Any]:
        assert self.expected
        return {
            "start": start,
            "end": end,
            "seconds": (end - start).total_seconds(),
            "missing": max(round((end - start) / self.expected) - 1, 1),
        }


def regularity_of(sensor: Sensor, selection: Selection) -> Regularity:
    """Raises TooManyToExamineError."""
    if (readings := count_at_most(selection)) > MOST_EXAMINED:
        raise TooManyToExamineError(readings)
    expected, source = sensor.expected_interval, "sensor"
    if not expected:
        expected = usual_interval(selection)
        source = "median" if expected else "unknown"
    silences = Silences([], 0, timedelta(0))
    if expected:
        silences = silences_of(selection, longest=expected * INTERVALS_IN_A_GAP, most=MOST_GAPS)
    return Regularity(expected, source, selection.end - selection.start, silences)
