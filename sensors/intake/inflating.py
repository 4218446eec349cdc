"""Undo gzip without trusting it: what it would grow to is bounded while it is read."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

GZIP = 16 + zlib.MAX_WBITS
# A gzip stream may consist of several; each costs time even when it holds nothing.
MOST_MEMBERS = 1_000


class BrokenGzipError(ValueError):
    """It is no gzip, or not all of it."""


class InflatedTooLargeError(ValueError):
    pass


def inflate(pieces: Iterable[bytes], *, most: int) -> bytes:
    """What the pieces were before gzip. Never holds more than a piece beyond `most`.

    Raises BrokenGzipError or InflatedTooLargeError.
    """
    out, size, members = [], 0, 1
    member = zlib.decompressobj(GZIP)
    for piece in pieces:
        rest = piece
        while rest:
            if member.eof:
                member, members = zlib.decompressobj(GZIP), members + 1
                if members > MOST_MEMBERS:
                    raise BrokenGzipError(f"more than {MOST_MEMBERS} streams in one")
            try:
                grown = member.decompress(rest, most - size + 1)
            except zlib.error as exc:
                raise BrokenGzipError(str(exc)) from exc
            size += len(grown)
            if size > most:
                raise InflatedTooLargeError
            out.append(grown)
            rest = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof:
        raise BrokenGzipError("it breaks off")
    return b"".join(out)
