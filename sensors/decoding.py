"""Turn an upload into typed readings. Checks form only: no database, no clock.

An upload is one reading, a list of them, or {"readings": [...], "mode": ...}. What is
wrong with one reading rejects that reading; what is wrong with the whole raises.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

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

    A timestamp without an offset is UTC; without a timestamp the time of arrival counts.
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


class Envelope(msgspec.Struct, forbid_unknown_fields=True):
    readings: list[msgspec.Raw]
    mode: Literal["live", "backfill"] = "live"


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


@dataclass(slots=True)
class Upload:
    readings: list[ReadingIn] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    mode: Literal["live", "backfill"] = "live"
    # Values that were left out because nobody wants them, see line_protocol/naming.py.
    ignored: int = 0


class UnreadableUploadError(Exception):
    """The upload as a whole cannot be read. `code` is stable, the message is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


_reading = msgspec.json.Decoder(ReadingIn)
_readings = msgspec.json.Decoder(list[ReadingIn])
_items = msgspec.json.Decoder(list[msgspec.Raw])
_envelope = msgspec.json.Decoder(Envelope)


def decode_upload(body: bytes, *, most_readings: int) -> Upload:
    """Read an upload. Raises UnreadableUploadError if it is no JSON or no upload."""
    start = body.lstrip()[:1]
    try:
        if start == b"[":
            items, mode = _items.decode(body), "live"
        elif start == b"{" and _has_readings(body):
            envelope = _envelope.decode(body)
            items, mode = envelope.readings, envelope.mode
        else:
            items, mode = [msgspec.json.decode(body, type=msgspec.Raw)], "live"
    except msgspec.ValidationError as exc:
        raise UnreadableUploadError("invalid_upload", str(exc)) from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise UnreadableUploadError("unparseable", f"This is not JSON: {exc}") from exc
    if not items:
        raise UnreadableUploadError("empty_upload", "There are no readings in it")
    if len(items) > most_readings:
        raise UnreadableUploadError(
            "too_many_readings", f"{len(items)} readings; at most {most_readings} in one upload"
        )
    return _sorted_out(items, mode)


def encode_readings(readings: list[ReadingIn]) -> bytes:
    """The form in which accepted readings wait in the database."""
    return msgspec.json.encode(readings)


def decode_readings(payload: bytes) -> list[ReadingIn]:
    return _readings.decode(payload)


class _Probe(msgspec.Struct):
    """Tells an envelope from a single reading without reading what is inside."""

    readings: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    mode: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def _has_readings(body: bytes) -> bool:
    probe = msgspec.json.decode(body, type=_Probe)
    return probe.readings is not msgspec.UNSET or probe.mode is not msgspec.UNSET


def _sorted_out(items: list[msgspec.Raw], mode: Any) -> Upload:
    upload = Upload(mode=mode)
    for index, item in enumerate(items):
        try:
            upload.readings.append(_reading.decode(item))
        except msgspec.ValidationError as exc:
            upload.rejections.append(Rejection(index, _code_of(str(exc)), plain(str(exc))))
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            upload.rejections.append(Rejection(index, "unparseable", plain(str(exc))))
    return upload


_AT_FIELD = re.compile(r" - at `\$\.(\w+)`$")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
LONGEST_DETAIL = 200


def _code_of(message: str) -> str:
    """A stable code for what the decoder says in words."""
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
