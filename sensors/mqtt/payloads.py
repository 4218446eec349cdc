"""Turn the payload of a message into readings. Checks form only, as decoding.py does."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from sensors.intake.decoding import (
    ReadingIn,
    Rejection,
    UnreadableUploadError,
    Upload,
    decode_upload,
)

# As machines write numbers: JSON would not have the sign or the leading zero.
NUMBER = re.compile(rb"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
EXCERPT = 200


@dataclass(frozen=True, slots=True)
class MessageRejection(Rejection):
    """What could not be read, with as much of the message as a person needs to find it."""

    topic: str
    payload: str
    received_at: str


_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
# An object without any of these is a reading that leaves its sensor to the topic.
NAMES_ITS_SENSORS = {"sensor_id", "readings", "mode"}


def read_payload(payload: bytes, *, code: str | None, most_readings: int) -> Upload:
    """The readings of one message; `code` is the sensor that its topic speaks of, if any.

    Raises UnreadableUploadError if the message as a whole cannot be read.
    """
    text = payload.strip()
    if not text:
        raise UnreadableUploadError("empty_message", "The message is empty")
    if NUMBER.fullmatch(text):
        # One too large for a float is refused as a value, as in any upload.
        number = float(text)
        value = repr(number).encode() if math.isfinite(number) else b"1e999"
        text = b'{"value":%s}' % value
    return decode_upload(_with_sensor(text, code), most_readings=most_readings)


def timed(readings: list[ReadingIn], arrived: datetime) -> list[ReadingIn]:
    """The readings, those without a time at the time of arrival, in their order."""
    return [
        reading
        if reading.timestamp
        else msgspec.structs.replace(reading, timestamp=arrived + timedelta(microseconds=index))
        for index, reading in enumerate(readings)
    ]


def excerpt(content: bytes | str) -> str:
    """The beginning of what somebody sent, fit for the database and for a page."""
    text = content[: 2 * EXCERPT]
    text = text if isinstance(text, str) else text.decode(errors="replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:EXCERPT])


def _with_sensor(text: bytes, code: str | None) -> bytes:
    """The upload with the topic's sensor in it, if it is a reading that names none."""
    if not text.startswith(b"{"):
        return text
    try:
        members = _members.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text  # decode_upload says what is wrong with it.
    if NAMES_ITS_SENSORS & members.keys():
        return text
    if code is None:
        raise UnreadableUploadError(
            "no_sensor", "Neither the topic nor the payload says which sensor it is"
        )
    return msgspec.json.encode({**members, "sensor_id": code})
