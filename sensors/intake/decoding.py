"""Turn an upload into typed readings. Checks form only: no database, no clock.

An upload is one reading, a list of them, or {"readings": [...], "mode": ...}. What is
wrong with one reading rejects that reading; what is wrong with the whole raises.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec

from sensors.intake.waveforms import TOO_LONG, WaveformIn, with_value

Text = Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
# Finite: JSON has no infinity, but 1e999 reads as one.
Finite = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
Kind = Literal[
    "temperature",
    "vibration",
    "pressure",
    "humidity",
    "current",
    "voltage",
    "flow",
    "speed",
    "level",
    "power",
    "acoustic",
    "other",
]


class ReadingIn(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True, frozen=True):
    """One reading as a client sends it. Whether to believe it is decided later.

    A timestamp without an offset is UTC; without a timestamp the time of arrival counts. A
    reading with a waveform may leave its value out: it is the RMS then.
    """

    sensor_id: Annotated[
        str, msgspec.Meta(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]*\Z")
    ]
    value: Finite
    timestamp: datetime | None = None
    quality: Literal["good", "uncertain", "bad"] = "good"
    sensor_type: Kind | None = None
    unit: Annotated[str, msgspec.Meta(max_length=20, pattern=r"^[^\x00-\x1f\x7f]*\Z")] | None = (
        None
    )
    location: Text | None = None
    waveform: WaveformIn | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A reading that was not accepted: its place in the upload and why."""

    index: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class LineRejection(Rejection):
    """The same in a format of lines; `line` counts from 1, whatever the line is."""

    line: int


# Of one upload. They are there to find the cause by; a thousand of it are enough.
MOST_REJECTIONS_KEPT = 1_000


@dataclass(slots=True)
class Upload:
    """`rejected` counts all that was rejected, `rejections` says why of the first of them."""

    readings: list[ReadingIn] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    rejected: int = 0
    mode: Literal["live", "backfill"] = "live"
    # Values that were left out because nobody wants them, see line_protocol/naming.py.
    ignored: int = 0

    @property
    def size(self) -> int:
        return len(self.readings) + self.rejected

    def reject(self, rejection: Rejection) -> None:
        self.rejected += 1
        if len(self.rejections) < MOST_REJECTIONS_KEPT:
            self.rejections.append(rejection)


class UnreadableUploadError(Exception):
    """The upload as a whole cannot be read. `code` is stable, the message is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Envelope(msgspec.Struct, forbid_unknown_fields=True):
    readings: list[ReadingIn]
    mode: Literal["live", "backfill"] = "live"


_reading = msgspec.json.Decoder(ReadingIn)
_readings = msgspec.json.Decoder(list[ReadingIn])
_envelope = msgspec.json.Decoder(Envelope)
# A reading with all its members and one comma to the next; more of them are within texts,
# or between samples.
COMMAS = len(ReadingIn.__struct_fields__)


def decode_upload(body: bytes, *, most_readings: int) -> Upload:
    """Read an upload. Raises UnreadableUploadError if it is no JSON or no upload."""
    refuse_blank(body)
    try:
        upload = _all_good(body, most_readings) or _one_by_one(body, most_readings)
    except msgspec.ValidationError as exc:
        raise UnreadableUploadError("invalid_upload", str(exc)) from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise UnreadableUploadError("unparseable", f"This is not JSON: {exc}") from exc
    if not upload.size:
        raise UnreadableUploadError("empty_upload", "There are no readings in it")
    if upload.size > most_readings:
        raise UnreadableUploadError(
            "too_many_readings", f"More than {most_readings} readings in one upload"
        )
    return upload


def refuse_blank(body: bytes) -> None:
    """Raise UnreadableUploadError if there is nothing to read, in whatever format."""
    if not body or body.isspace():
        raise UnreadableUploadError("empty_upload", "There is nothing in it")


def _all_good(body: bytes, most_readings: int) -> Upload | None:
    """The usual case in one go; None if something is wrong, or may be too much of it.

    A reading takes a comma at least, so few commas are few readings, and what is none ends
    the attempt: it never takes much memory.
    """
    if body.count(b",") >= COMMAS * most_readings:
        return None
    try:
        if body.lstrip()[:1] == b"[":
            return Upload(_readings.decode(body))
        if _is_envelope(body):
            envelope = _envelope.decode(body)
            return Upload(envelope.readings, mode=envelope.mode)
        return Upload([_reading.decode(body)])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _one_by_one(body: bytes, most_readings: int) -> Upload:
    """An upload with its wrong readings put aside. Looks at one more than there may be."""
    items, envelope = _bounded(most_readings + 1)
    upload = Upload()
    if body.lstrip()[:1] == b"[":
        found = msgspec.structs.astuple(items.decode(body))
    elif _is_envelope(body):
        given = envelope.decode(body)
        found, upload.mode = msgspec.structs.astuple(given.readings), given.mode
    else:
        found = (msgspec.json.decode(body, type=msgspec.Raw),)
    for index, item in enumerate(found):
        if item is msgspec.UNSET:
            break
        try:
            upload.readings.append(_one(item))
        except msgspec.ValidationError as exc:
            upload.reject(Rejection(index, *explained(exc)))
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            upload.reject(Rejection(index, "unparseable", plain(str(exc))))
    return upload


def _one(item: msgspec.Raw) -> ReadingIn:
    try:
        return _reading.decode(item)
    except msgspec.ValidationError as exc:
        if not str(exc).startswith(NO_VALUE) or (valued := with_value(bytes(item))) is None:
            raise
    return _reading.decode(valued)


@lru_cache(maxsize=8)
def _bounded(most: int) -> tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]:
    """Decoders of a list and of an envelope that keep the first items and skip the others.

    A list of a bounded length is one whose length is looked at when it has been made, and
    five million zeros fit into a body. Of a struct that is written as an array, what is
    beyond its fields is passed over and takes no memory.
    """
    fields = [(f"item{n}", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for n in range(most)]
    items = msgspec.defstruct("Items", fields, array_like=True)
    envelope = msgspec.defstruct(
        "Envelope",
        [("readings", items), ("mode", Literal["live", "backfill"], "live")],
        forbid_unknown_fields=True,
    )
    return msgspec.json.Decoder(items), msgspec.json.Decoder(envelope)


def encode_readings(readings: list[ReadingIn]) -> bytes:
    """The form in which accepted readings wait in the database."""
    return msgspec.json.encode(readings)


def decode_readings(payload: bytes) -> list[ReadingIn]:
    return _readings.decode(payload)


class _Probe(msgspec.Struct):
    """Tells an envelope from a single reading without reading what is inside."""

    readings: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    mode: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def _is_envelope(body: bytes) -> bool:
    if body.lstrip()[:1] != b"{":
        return False
    probe = msgspec.json.decode(body, type=_Probe)
    return probe.readings is not msgspec.UNSET or probe.mode is not msgspec.UNSET


_AT_FIELD = re.compile(r" - at `\$\.(\w+)`$")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
LONGEST_DETAIL = 200


NO_VALUE = "Object missing required field `value`"
_IN_WAVEFORM = re.compile(r" - at `\$\.waveform(\.\w+)?`$")


def _code_of(message: str) -> str:
    """A stable code for what the decoder says in words."""
    if _IN_WAVEFORM.search(message):
        return "waveform_too_long" if message.startswith(TOO_LONG) else "invalid_waveform"
    # From its start, for a message may quote what looks like another one.
    if message.startswith("Object contains unknown field"):
        return "unknown_field"
    if missing := _MISSING.match(message):
        return f"missing_{missing[1]}"
    if at := _AT_FIELD.search(message):
        return f"invalid_{at[1]}"
    return "not_a_reading"


def explained(exc: msgspec.ValidationError) -> tuple[str, str]:
    """Code and detail of what the rules for a reading say against it."""
    return _code_of(str(exc)), plain(str(exc))


def plain(message: str) -> str:
    """A message that quotes a sender, made fit for the database and for a page."""
    return _CONTROL.sub("", message)[:LONGEST_DETAIL]
