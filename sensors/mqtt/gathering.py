"""Messages on their way from the broker to the database, and how they make up a batch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Literal

from sensors.intake.decoding import Rejection, UnreadableUploadError, Upload
from sensors.mqtt.payloads import MessageRejection, excerpt, read_payload, timed
from sensors.mqtt.redelivery import Delivered
from sensors.mqtt.topics import SensorTopic


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came in. `acknowledge` reaches the connection that it came by.

    `session` and `mid` name a delivery of QoS 1; `again` says that the broker has sent it
    before. A payload that is too large is cut, and `size` tells.
    """

    topic: str
    payload: bytes
    arrived: datetime
    size: int
    qos: int = 0
    mid: int = 0
    session: int = 0
    again: bool = False
    acknowledge: Callable[[], object] = int


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a batch ends, and how much may wait for the next one."""

    messages: int
    seconds: float
    readings: int
    message_bytes: int

    @property
    def in_flight(self) -> int:
        """As many messages may be unacknowledged: one batch in the making, one to come."""
        return min(2 * self.messages, 65_535)


class Inbox:
    """Messages that wait to be stored. Filled by the network's thread, emptied by another.

    Of QoS 1 the broker sends no more than Limits.in_flight; of QoS 0, which it would send
    without end, what is too much is dropped and counted.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._dropped = self._dropped_told = 0
        self._waiting: SimpleQueue[Message] = SimpleQueue()

    def put(self, message: Message) -> None:
        if message.qos == 0 and self._waiting.qsize() >= self.limits.in_flight:
            self._dropped += 1
        else:
            self._waiting.put(message)

    def take_dropped(self) -> int:
        """How many were dropped since the last time this was asked."""
        # Each thread writes a number of its own, so that none is lost between them.
        dropped = self._dropped
        newly, self._dropped_told = dropped - self._dropped_told, dropped
        return newly

    def take(self, *, patience: float) -> list[Message]:
        """The next batch; an empty one if nothing comes while the patience lasts."""
        taken: list[Message] = []
        deadline = time.monotonic() + patience
        while len(taken) < self.limits.messages:
            try:
                taken.append(self._waiting.get(timeout=max(0.0, deadline - time.monotonic())))
            except Empty:
                break
            if len(taken) == 1:
                deadline = time.monotonic() + self.limits.seconds
        return taken


@dataclass(slots=True)
class Gathered:
    """What a list of messages comes to: uploads to accept, and then all to acknowledge."""

    uploads: dict[Literal["live", "backfill"], Upload] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    last_rejected: MessageRejection | None = None
    repeated: int = 0
    # What has to be remembered once these are committed; None if nothing new.
    delivered: Delivered | None = None

    @property
    def rejected(self) -> int:
        return sum(upload.rejected for upload in self.uploads.values())


class Reader:
    """Reads messages for the topics of one plant."""

    def __init__(self, topics: SensorTopic | None, limits: Limits) -> None:
        self.topics, self.limits = topics, limits

    def gather(self, messages: list[Message], delivered: Delivered) -> list[Gathered]:
        """The messages in batches that are not too large, without what is stored already."""
        gathered = [Gathered()]
        size = 0
        for message in messages:
            if size >= self.limits.readings:
                delivered = gathered[-1].delivered or delivered
                gathered.append(Gathered())
                size = 0
            size += self._add(gathered[-1], message, delivered)
        return gathered

    def _add(self, gathered: Gathered, message: Message, delivered: Delivered) -> int:
        """Put what a message holds into the batch; say how many readings it was."""
        gathered.messages.append(message)
        if (gathered.delivered or delivered).know(message):
            gathered.repeated += 1
            return 0
        upload = self._read(message)
        if upload.rejected or any(reading.timestamp is None for reading in upload.readings):
            # Neither would be known again by sensor and time.
            gathered.delivered = gathered.delivered or delivered.copy()
            gathered.delivered.add(message)
        batch = gathered.uploads.setdefault(upload.mode, Upload(mode=upload.mode))
        before = batch.size
        for rejection in upload.rejections:
            gathered.last_rejected = _told(message, rejection, before)
            batch.reject(gathered.last_rejected)
        # Those that the message's own upload only counts.
        batch.rejected += upload.rejected - len(upload.rejections)
        batch.readings += timed(upload.readings, message.arrived)
        return upload.size

    def _read(self, message: Message) -> Upload:
        """What cannot be read as a whole becomes a rejection like that of one reading."""
        try:
            if message.size > self.limits.message_bytes:
                most = self.limits.message_bytes
                raise UnreadableUploadError("too_large", f"{message.size} bytes; at most {most}")
            return read_payload(
                message.payload,
                code=self.topics.code_of(message.topic) if self.topics else None,
                most_readings=self.limits.readings,
            )
        except UnreadableUploadError as exc:
            unread = Upload()
            unread.reject(Rejection(0, exc.code, excerpt(str(exc))))
            return unread


def _told(message: Message, rejection: Rejection, before: int) -> MessageRejection:
    return MessageRejection(
        index=before + rejection.index,
        code=rejection.code,
        detail=rejection.detail,
        topic=excerpt(message.topic),
        payload=excerpt(message.payload),
        received_at=message.arrived.isoformat(),
    )
