"""Send a file of readings as if its machine were running now.

The rule: all times are moved by one distance, so that the gaps between readings stay as
they are to the microsecond, and the last reading falls on the moment at which it is sent.
At speed N a file of one hour is sent within 1/N hour. Since N is at least 1, no reading
is ever ahead of the clock when it is sent, and the nearer the end, the less it is behind.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from sensors.csv.columns import Parsed
from sensors.files.importing import SOURCE, Destination
from sensors.intake.decoding import ReadingIn, Upload, encode_readings
from sensors.intake.ingest import accept_batch, digest_of
from sensors.models import ReadingBatch

POLL = 0.2  # Seconds between two looks at what is stored


class NotInOrderError(Exception):
    """A file whose lines are not in order of time cannot be played."""


class StillWaitingError(Exception):
    """Not all that was sent has been stored in time."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time and the waiting for it, so that tests need not wait."""

    now: Callable[[], datetime] = timezone.now
    sleep: Callable[[float], None] = time.sleep

    def wait_for(self, moment: datetime) -> None:
        while (rest := (moment - self.now()).total_seconds()) > 0:
            self.sleep(rest)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a file goes, and with how many readings."""

    first: datetime
    last: datetime
    readings: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Where the readings of a span are moved to, and when each is due."""

    span: Span
    speed: float
    start: datetime

    @property
    def shift(self) -> timedelta:
        lasting = (self.span.last - self.span.first) / self.speed
        return self.start + lasting - self.span.last

    def due(self, moment: datetime) -> datetime:
        """When the reading of `moment` may be sent: never before its new time."""
        played = self.start + (moment - self.span.first) / self.speed
        return max(played, moment + self.shift)


@dataclass(frozen=True, slots=True)
class Post:
    """Readings with their new times, sent together when the last of them is due."""

    readings: list[ReadingIn]
    due: datetime


@dataclass(slots=True)
class Sender:
    """Keeps posts as live batches and remembers which."""

    destination: Destination
    clock: Clock = field(default_factory=Clock)
    name: str = field(default_factory=lambda: f"replay-{uuid.uuid4().hex[:12]}")
    batches: list[int] = field(default_factory=list)

    def send(self, post: Post) -> None:
        self.clock.wait_for(post.due)
        self.destination.place(post.readings)
        batch, _ = accept_batch(
            site=self.destination.site,
            source=SOURCE,
            upload=Upload(readings=post.readings),
            digest=digest_of(encode_readings(post.readings)),
            correlation_id=f"{self.name}-{len(self.batches)}",
            may_register=self.destination.may_register,
        )
        self.batches.append(batch.pk)

    def wait_until_stored(self, *, timeout: timedelta) -> Iterator[int]:
        """Yields how many batches are stored, until all are. Raises StillWaitingError."""
        deadline = self.clock.now() + timeout
        while (stored := len(receipts(self.batches))) < len(self.batches):
            yield stored
            if self.clock.now() >= deadline:
                raise StillWaitingError(
                    f"{len(self.batches) - stored} of {len(self.batches)} posts are not stored "
                    f"after {timeout.total_seconds():g} s. They are kept; is a worker running?"
                )
            self.clock.sleep(POLL)
        yield stored


def receipts(batches: Collection[int]) -> list[ReadingBatch]:
    """The batches that are stored, without their payloads."""
    stored = ReadingBatch.objects.filter(status=ReadingBatch.Status.STORED, pk__in=batches)
    return list(stored.light())


def span_of(lines: Iterable[Parsed]) -> Span | None:
    """The span of the lines' readings, None if there are none. Raises NotInOrderError."""
    first = last = None
    readings = 0
    for parsed in lines:
        for moment in map(_time_of, parsed.readings[:1]):
            if last and moment < last:
                raise NotInOrderError(
                    f"Line {parsed.line} is earlier than the one before it; "
                    "sort the file by time to send it live"
                )
            first, last = first or moment, moment
        readings += len(parsed.readings)
    return Span(first, last, readings) if first and last else None


def posts(lines: Iterable[Parsed], pace: Pace, *, every: timedelta, most: int) -> Iterator[Post]:
    """The readings in posts of `every` of wall time each, and of `most` readings at most."""
    slot, pending, due = 0, list[ReadingIn](), pace.start
    for parsed in lines:
        for reading in parsed.readings:
            now_due = pace.due(_time_of(reading))
            if pending and ((now_due - pace.start) // every != slot or len(pending) >= most):
                yield Post(pending, due)
                pending = []
            slot, due = (now_due - pace.start) // every, now_due
            pending.append(_moved(reading, pace.shift))
    if pending:
        yield Post(pending, due)


def _moved(reading: ReadingIn, shift: timedelta) -> ReadingIn:
    return ReadingIn(
        reading.sensor_id,
        reading.value,
        _time_of(reading) + shift,
        quality=reading.quality,
        sensor_type=reading.sensor_type,
        unit=reading.unit,
    )


def _time_of(reading: ReadingIn) -> datetime:
    # Rows without a time are rejected where they are read.
    assert reading.timestamp is not None
    return reading.timestamp
