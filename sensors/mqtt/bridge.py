"""Carry messages from the broker into batches. Read this file first.

A message is acknowledged once the batch that holds it is committed, and not before. So
whatever dies in between, the broker sends it again.
"""

from __future__ import annotations

import logging
import time
import uuid
from threading import Event

from django.db import InterfaceError, OperationalError, connection, reset_queries, transaction
from django.utils import timezone

from sensors import correlation
from sensors.intake.ingest import accept_batch, digest_of
from sensors.intake.limits import backlog
from sensors.models import Bridge, Site
from sensors.mqtt.backoff import Backoff
from sensors.mqtt.gathering import Gathered, Inbox, Message, Reader
from sensors.mqtt.link import Link
from sensors.mqtt.options import Options
from sensors.mqtt.payloads import MessageRejection
from sensors.mqtt.redelivery import Delivered

logger = logging.getLogger(__name__)

SHOW_EVERY = 3.0
TICK = 0.25


class MqttBridge:
    """One process, one site, one client id. `stop` ends it after what it has gathered."""

    def __init__(self, site: Site, options: Options, stop: Event) -> None:
        self.site, self.options, self.stop = site, options, stop
        self.inbox = Inbox(options.limits)
        self.link = Link(options, self.inbox)
        self.reader = Reader(options.topics, options.limits)
        self.row, _ = Bridge.objects.get_or_create(site=site, name=options.broker.client_id)
        self.row.started_at = timezone.now()
        self.delivered = Delivered(options.limits.in_flight, bytes(self.row.delivered))
        self._shown_at = 0.0
        self._database_away = False
        self._told_error = ""
        self._told_full = False
        self._rejected_lately = 0
        self._last_rejected: MessageRejection | None = None

    def run(self) -> None:
        """Carry until `stop`. Raises RefusedError if the broker does not want the bridge."""
        try:
            while not self.stop.is_set():
                self.link.look_after()
                self.carry(self.inbox.take(patience=TICK))
                self.show_when_due()
            self.carry(self.inbox.take(patience=0))
        finally:
            self.link.close()
        self.show()
        logger.info("stopped")

    def carry(self, messages: list[Message]) -> None:
        """Commit messages and acknowledge them. Without the database: try until it is back."""
        if not messages:
            return
        self.row.message_at = messages[-1].arrived
        for gathered in self.reader.gather(messages, self.delivered):
            if not self._keep_trying(gathered):
                return
            self.delivered = gathered.delivered or self.delivered
            for message in gathered.messages:
                message.acknowledge()
            self._count(gathered)

    def _keep_trying(self, gathered: Gathered) -> bool:
        """Whether it was committed; only the end of the bridge makes it give up."""
        # Should only the answer to a commit be lost, the key tells that it was made.
        key, request_id, backoff = str(uuid.uuid4()), str(uuid.uuid4()), Backoff()
        with correlation.about(request_ids=(request_id,)):
            while True:
                try:
                    if self._has_room():
                        self._commit(gathered, key, request_id)
                        self._find_database()
                        return True
                except (OperationalError, InterfaceError) as exc:
                    self._lose_database(exc)
                if not self._pause(backoff.wait()):
                    return False

    def _pause(self, seconds: float) -> bool:
        """Whether to go on after so long. Meanwhile it is seen that the bridge lives."""
        until = time.monotonic() + seconds
        while not self.stop.wait(min(SHOW_EVERY, max(0.0, until - time.monotonic()))):
            self.link.notice()
            self.show_when_due()
            if time.monotonic() >= until:
                return True
        return False

    def _has_room(self) -> bool:
        """Whether more may be taken in; what may not stays with the broker meanwhile."""
        full = backlog.is_full()
        if full and not self._told_full:
            logger.warning("too much waits to be stored, nothing is acknowledged")
            self.row.note_error("too much waited to be stored")
        self._told_full = full
        return not full

    def _commit(self, gathered: Gathered, key: str, request_id: str) -> None:
        digest = digest_of(b"\n".join(message.payload for message in gathered.messages))
        with transaction.atomic():
            for mode, upload in gathered.uploads.items():
                accept_batch(
                    site=self.site,
                    source=self.row.source,
                    upload=upload,
                    digest=digest,
                    correlation_id=request_id,
                    may_register=self.options.may_register,
                    idempotency_key=f"{key}:{mode}",
                )
            if gathered.delivered:
                # Together with the batch: remembered too much, a message would be lost.
                row = Bridge.objects.filter(pk=self.row.pk)
                row.update(delivered=gathered.delivered.packed())
        if gathered.delivered:
            self.row.delivered = gathered.delivered.packed()
        # With DEBUG on, Django keeps every query, and these are long.
        reset_queries()

    def _lose_database(self, exc: Exception) -> None:
        if not self._database_away:
            logger.warning("the database is away, nothing is acknowledged: %s", exc)
            self.row.note_error(f"the database was away: {exc}")
        self._database_away = True
        connection.close()

    def _find_database(self) -> None:
        if self._database_away:
            logger.info("the database is back")
        self._database_away = False

    def _count(self, gathered: Gathered) -> None:
        self.row.messages += len(gathered.messages)
        self.row.batches += len(gathered.uploads)
        self.row.repeated += gathered.repeated
        self.row.rejected += gathered.rejected
        self._rejected_lately += gathered.rejected
        self._last_rejected = gathered.last_rejected or self._last_rejected

    def show_when_due(self) -> None:
        """Every few seconds, and at once when the connection is made or lost."""
        due = time.monotonic() >= self._shown_at + SHOW_EVERY
        if due or self.link.connected != (self.row.state == Bridge.State.CONNECTED):
            self.show()

    def show(self) -> None:
        """Write the sign of life, and say what was rejected since the last one."""
        self._shown_at = time.monotonic()
        self._say_rejected()
        states = Bridge.State
        self.row.state = states.CONNECTED if self.link.connected else states.DISCONNECTED
        self.row.seen_at = timezone.now()
        self.row.dropped += self.inbox.take_dropped()
        if self.link.error and self.link.error != self._told_error:
            self.row.note_error(self.link.error)
        self._told_error = self.link.error
        try:
            self.row.show()
        except (OperationalError, InterfaceError) as exc:
            self._lose_database(exc)
        else:
            self._find_database()

    def _say_rejected(self) -> None:
        if last := self._last_rejected:
            logger.warning(
                "%s rejected; the last on %s: %s, %s",
                self._rejected_lately,
                last.topic,
                last.code,
                last.detail,
            )
        self._rejected_lately, self._last_rejected = 0, None
