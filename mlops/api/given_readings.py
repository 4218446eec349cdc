"""The body of a request to score readings: as for ingest, and how to score them beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from sensors.intake.decoding import ReadingIn, UnreadableUploadError, decode_upload, plain

MOST_READINGS = 10_000


class Envelope(msgspec.Struct, forbid_unknown_fields=True):
    readings: msgspec.Raw
    detector: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    # What is in it is checked where the detector is known.
    parameters: dict[str, Any] = {}


class _Probe(msgspec.Struct):
    """Tells an envelope from a single reading without reading what is inside."""

    readings: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class InvalidReadingsError(Exception):
    """Some of the readings are wrong. Nothing would be kept of the others, so none is scored."""

    def __init__(self, rejected: int, rejections: list[Any]) -> None:
        super().__init__(f"{rejected} of the readings are not valid.")
        self.rejected, self.rejections = rejected, rejections


@dataclass(frozen=True, slots=True)
class Question:
    readings: list[ReadingIn]
    detector: str | None
    parameters: dict[str, Any]


def decode_question(body: bytes) -> Question:
    """Raises UnreadableUploadError, or InvalidReadingsError."""
    envelope = _envelope(body)
    upload = decode_upload(bytes(envelope.readings), most_readings=MOST_READINGS)
    if upload.rejected:
        raise InvalidReadingsError(upload.rejected, upload.rejections)
    if envelope.parameters and envelope.detector is None:
        raise UnreadableUploadError("parameters_of_what", "Say which `detector` they are of")
    return Question(upload.readings, envelope.detector, envelope.parameters)


def _envelope(body: bytes) -> Envelope:
    """The envelope; one is put around a list, or a reading, that came without."""
    try:
        if body.lstrip()[:1] != b"{":
            return Envelope(msgspec.Raw(body))
        if msgspec.json.decode(body, type=_Probe).readings is msgspec.UNSET:
            return Envelope(msgspec.Raw(body))
        return msgspec.json.decode(body, type=Envelope)
    except msgspec.ValidationError as exc:
        raise UnreadableUploadError("invalid_upload", plain(str(exc))) from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise UnreadableUploadError("unparseable", f"This is not JSON: {exc}") from exc
