"""Know a message again that the broker delivers twice.

A reading is known by its sensor and time. One without a time gets that of its arrival,
which differs when it comes a second time. So the deliveries of such messages are
remembered: until the broker has the acknowledgement, it sends a message again with the
same id and the mark of a repeat, in the same session.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Protocol

ENTRY = struct.Struct(">H8s")


class Delivery(Protocol):
    """What identifies a message that came by QoS 1."""

    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def qos(self) -> int: ...
    @property
    def mid(self) -> int: ...
    @property
    def session(self) -> int: ...
    @property
    def again(self) -> bool: ...


class Delivered:
    """The last deliveries that were committed: as many as can be without acknowledgement.

    The digest stands beside the id, for the id is used for another message later.
    """

    def __init__(self, most: int, packed: bytes = b"", *, session: int = 0) -> None:
        self.most, self.session = most, session
        whole = len(packed) // ENTRY.size * ENTRY.size
        self._digests: dict[int, bytes] = dict(ENTRY.iter_unpack(packed[:whole]))

    def know(self, message: Delivery) -> bool:
        """Whether the message is a repeat of one that is remembered."""
        return (
            message.again
            and message.session == self.session
            and self._digests.get(message.mid) == digest_of(message)
        )

    def add(self, message: Delivery) -> None:
        """Remember a delivery. Ids of an earlier session mean nothing any more."""
        if not message.qos or message.session < self.session:
            return
        if message.session > self.session:
            self.session = message.session
            self._digests.clear()
        self._digests.pop(message.mid, None)
        self._digests[message.mid] = digest_of(message)
        if len(self._digests) > self.most:
            del self._digests[next(iter(self._digests))]

    def copy(self) -> Delivered:
        return Delivered(self.most, self.packed(), session=self.session)

    def packed(self) -> bytes:
        """The form in which it is kept in the database."""
        return b"".join(ENTRY.pack(*entry) for entry in self._digests.items())


def digest_of(message: Delivery) -> bytes:
    named = message.topic.encode(errors="replace") + b"\0" + message.payload
    return hashlib.sha256(named).digest()[:8]
