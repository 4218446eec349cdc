"""The connection to the broker: kept, lost, and made again."""

from __future__ import annotations

import logging
import ssl
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from threading import Event
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from sensors.mqtt.backoff import Backoff
from sensors.mqtt.gathering import Inbox, Message
from sensors.mqtt.options import Options

logger = logging.getLogger(__name__)

KEEPALIVE = 30
# The broker keeps back what is larger: one message must not fill the memory.
LARGEST_PACKET = 10 * 1024 * 1024
# A connection that stood for so long was a good one; the next attempt is made at once.
STEADY_AFTER = 10.0
SUBSCRIBING_TAKES_AT_MOST = 10.0


class RefusedError(Exception):
    """The broker was reached and does not want the bridge. Waiting does not help."""


class Connection(mqtt.Client):
    """One connection, used once. What came by it is acknowledged by it or not at all:
    on the next one the same id may stand for another message."""

    def __init__(self, options: Options, inbox: Inbox, session: int) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=options.broker.client_id,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self.options, self.inbox, self.session = options, inbox, session
        self.resumed = False
        self.ready, self.ended = Event(), Event()
        self.refusal = self.reason = ""
        self.opened = time.monotonic()
        if options.broker.username:
            self.username_pw_set(options.broker.username, options.broker.password or None)
        if options.broker.tls:
            self.tls_set_context(options.broker.tls)
        self.on_connect = self._subscribe
        self.on_subscribe = self._be_ready
        self.on_message = self._keep
        self.on_disconnect = self._say_why

    def open(self) -> None:
        """Raises OSError if the broker is not there."""
        wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wishes.SessionExpiryInterval = self.options.broker.session_seconds
        wishes.ReceiveMaximum = self.inbox.limits.in_flight
        wishes.MaximumPacketSize = LARGEST_PACKET
        broker = self.options.broker
        self.connect(broker.host, broker.port, KEEPALIVE, clean_start=False, properties=wishes)
        self.loop_start()

    def close(self) -> None:
        """Say goodbye, after all acknowledgements that were given before."""
        self.disconnect()
        self.loop_stop()

    def loop_forever(self, *args: Any, **kwargs: Any) -> MQTTErrorCode:
        """What runs in the network's thread. However it ends, it is noticed."""
        try:
            return super().loop_forever(*args, **kwargs)
        except Exception as exc:
            logger.exception("the connection broke down")
            self.reason = str(exc)
            return MQTTErrorCode.MQTT_ERR_UNKNOWN
        finally:
            self.ended.set()

    def _subscribe(
        self, client: Any, userdata: Any, flags: mqtt.ConnectFlags, code: ReasonCode, *rest: Any
    ) -> None:
        if code.is_failure:
            self.refusal = f"{code}"
            return
        self.resumed = flags.session_present
        if not self.resumed:
            self.session += 1
        # Retained messages are not asked for: they would seem to be measured just now.
        wishes = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        self.subscribe([(topic, wishes) for topic in self.options.filters])

    def _be_ready(
        self, client: Any, userdata: Any, mid: int, codes: list[ReasonCode], *rest: Any
    ) -> None:
        refused = [
            f"{topic}: {code}"
            for topic, code in zip(self.options.filters, codes, strict=False)
            if code.is_failure
        ]
        if refused:
            self.refusal = "; ".join(refused)
            self.disconnect()
        else:
            self.ready.set()

    def _keep(self, client: Any, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self.inbox.put(
            Message(
                topic=_topic_of(message),
                payload=bytes(message.payload[: self.inbox.limits.message_bytes]),
                size=len(message.payload),
                arrived=datetime.now(UTC),
                qos=message.qos,
                mid=message.mid,
                session=self.session,
                again=message.dup,
                acknowledge=partial(self.ack, message.mid, message.qos),
            )
        )

    def _say_why(
        self, client: Any, userdata: Any, flags: Any, code: ReasonCode, *rest: Any
    ) -> None:
        self.reason = self.reason or f"{code}"


def _topic_of(message: mqtt.MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:
        return "(not UTF-8)"


class Link:
    """Sees to it that there is a connection, or that the next attempt is made in time."""

    def __init__(self, options: Options, inbox: Inbox) -> None:
        self.options, self.inbox = options, inbox
        self.error = ""
        self.connected = False
        self._connection: Connection | None = None
        self._session = 0
        self._was_connected = False
        self._backoff = Backoff()
        self._next_attempt = 0.0

    def look_after(self) -> None:
        """Notice what has changed, and try to connect when it is time to.

        Raises RefusedError if the broker refuses the very first connection.
        """
        if self._connection is not None:
            self.notice()
        elif time.monotonic() >= self._next_attempt:
            self._open()

    def notice(self) -> None:
        """Notice what has become of the connection, without making another.

        Another one brings again what is not acknowledged. While nothing can be, it would
        fill the inbox once more each time that it breaks.
        """
        connection = self._connection
        if connection is None:
            return
        if connection.ended.is_set():
            self._lose(connection)
        elif not self.connected and connection.ready.is_set():
            self._welcome(connection)
        elif not self.connected and self._too_slow(connection):
            connection.reason = "the broker does not answer"
            self._lose(connection)

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection, self.connected = None, False

    def _open(self) -> None:
        connection = Connection(self.options, self.inbox, self._session)
        try:
            connection.open()
        except ssl.SSLCertVerificationError as exc:
            self._give_up_if_first(f"its certificate: {exc.verify_message}")
            self._try_later(str(exc))
        except (OSError, mqtt.WebsocketConnectionError) as exc:
            self._try_later(str(exc))
        else:
            self._connection = connection

    def _welcome(self, connection: Connection) -> None:
        self.connected = self._was_connected = True
        self.error = ""
        session = "the session goes on" if connection.resumed else "a new session"
        logger.info("connected to %s, %s", self.options.broker, session)

    def _too_slow(self, connection: Connection) -> bool:
        return time.monotonic() > connection.opened + SUBSCRIBING_TAKES_AT_MOST

    def _lose(self, connection: Connection) -> None:
        with suppress(OSError):
            connection.close()
        self._connection, self._session = None, connection.session
        if connection.refusal:
            self._give_up_if_first(connection.refusal)
        if self.connected and time.monotonic() > connection.opened + STEADY_AFTER:
            self._backoff.reset()
        self.connected = False
        self._try_later(connection.refusal or connection.reason)

    def _give_up_if_first(self, refusal: str) -> None:
        if not self._was_connected:
            raise RefusedError(f"The broker {self.options.broker} refuses the bridge: {refusal}")

    def _try_later(self, error: str) -> None:
        """One line when the connection is lost, none for each attempt in vain."""
        self._next_attempt = time.monotonic() + self._backoff.wait()
        if error != self.error:
            logger.warning("not connected to %s: %s", self.options.broker, error)
        self.error = error
