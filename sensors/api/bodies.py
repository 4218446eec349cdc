"""The body of an upload: bounded, whole, and without its compression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from rest_framework.request import Request

from sensors.api.uploads import (
    BrokenBody,
    LengthRequired,
    UnsupportedEncoding,
    UploadTooLarge,
)
from sensors.intake.inflating import BrokenGzipError, InflatedTooLargeError, inflate

PIECE = 64 * 1024
ENCODINGS = ("gzip", "identity")


@dataclass(frozen=True, slots=True)
class Body:
    """`whole` is False where nothing but its own text tells whether all of it arrived."""

    data: bytes
    whole: bool


def body_of(request: Request) -> Body:
    """Read the body. Never holds much more than MAX_BODY_BYTES, whatever it claims to be.

    Not through request.data: a body in chunks has no length, so Django takes it for empty.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ENCODINGS:
        raise UnsupportedEncoding(ENCODINGS)
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    pieces = _pieces(request, most)
    if encoding == "identity":
        return Body(b"".join(pieces), whole=_length(request) is not None)
    try:
        return Body(inflate(pieces, most=most), whole=True)
    except InflatedTooLargeError as exc:
        raise UploadTooLarge from exc
    except BrokenGzipError as exc:
        raise BrokenBody(f"This is no whole gzip: {exc}", code="unparseable") from exc


def _pieces(request: Request, most: int) -> Iterator[bytes]:
    length = _length(request)
    if length is not None and length > most:
        raise UploadTooLarge
    stream, size = _stream(request), 0
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > most:
            raise UploadTooLarge
        yield piece
    if length is not None and size < length:
        raise BrokenBody(f"{size} bytes came instead of {length}.", code="incomplete")


def _stream(request: Request) -> IO[bytes] | Any:
    """Where the body comes from; it has to end by itself."""
    environ = request._request.META
    if environ.get("wsgi.input_terminated"):
        return environ["wsgi.input"]
    if request.headers.get("Transfer-Encoding"):
        raise LengthRequired
    return request._request


def _length(request: Request) -> int | None:
    """What the client says of the length; nothing where the body comes in chunks."""
    length = str(request._request.META.get("CONTENT_LENGTH") or "")
    chunked = "Transfer-Encoding" in request.headers
    return int(length) if length.isdecimal() and not chunked else None
