"""Answers about readings: as JSON or CSV, and none at all when the client has them already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import msgspec
from django.http import (
    FileResponse,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
)
from django.utils.http import parse_etags
from rest_framework.request import Request

# Part of each tag: another number when answers are written differently.
FORM = 1
CSV = "text/csv"
JSON = "application/json"
# Bytes of a file that wait in memory, the others on disk.
IN_MEMORY = 1_000_000


def tag_of(request: Request, *facts: Any) -> str:
    """An ETag of what was asked and of facts that change whenever the answer would.

    It is weak: the same numbers, added up in another order, may differ in the last digit.
    """
    asked = (FORM, request.build_absolute_uri(), wants_csv(request), facts)
    return f'W/"{hashlib.sha256(repr(asked).encode()).hexdigest()[:32]}"'


def not_modified(request: Request, tag: str) -> HttpResponseBase | None:
    """The answer to a client that has it already, otherwise nothing."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    # A proxy may have made the tag a strong one.
    if tag in known or tag.removeprefix("W/") in known:
        return tagged(HttpResponseNotModified(), tag)
    return None


def tagged(answer: HttpResponseBase, tag: str) -> HttpResponseBase:
    answer.headers["ETag"] = tag
    # It is for this client only, who must ask whether it still holds.
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Accept, Cookie, X-API-Key"
    return answer


def wants_csv(request: Request) -> bool:
    """Whether the client asks for CSV, by parameter or by header."""
    if named := request.query_params.get("format"):
        return named == "csv"
    return request._request.get_preferred_type([JSON, CSV]) == CSV


def json_answer(body: dict[str, Any], status: int = 200) -> HttpResponseBase:
    """DRF's renderer takes a multiple of the time: for thousands of rows, or once for each
    of thousands of posts."""
    return HttpResponse(msgspec.json.encode(body), content_type=JSON, status=status)


def csv_answer(
    pieces: Iterator[str], about: Sequence[tuple[str, Any]], next_page: str | None
) -> HttpResponseBase:
    """A file to download. What JSON says beside the rows is in headers."""
    answer = FileResponse(_written(pieces), content_type=f"{CSV}; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="readings.csv"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    for name, value in about:
        if value is not None:
            answer.headers[name] = str(value)
    if next_page:
        answer.headers["Link"] = f'<{next_page}>; rel="next"'
    return answer


def _written(pieces: Iterator[str]) -> IO[bytes]:
    """The whole file, set to its beginning.

    Nothing is sent while it is written, so what fails then can still be told.
    """
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        file.writelines(piece.encode() for piece in pieces)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file
