"""Turn a CSV body into an upload. Its header names the fields of a reading: no guessing."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from sensors.csv.columns import NotANumberError, number
from sensors.csv.files import Row
from sensors.intake.decoding import (
    LineRejection,
    ReadingIn,
    UnreadableUploadError,
    Upload,
    explained,
    plain,
    refuse_blank,
)

COLUMNS = ReadingIn.__struct_fields__
REQUIRED = ("sensor_id", "value")
MOST_COLUMNS = 100
LONGEST_LINE = 64 * 1024


class _RowError(ValueError):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def decode_csv(
    body: bytes,
    *,
    most_readings: int,
    delimiter: str = ",",
    decimal_comma: bool = False,
    mode: Literal["live", "backfill"] = "live",
) -> Upload:
    """Read an upload. Raises UnreadableUploadError if its header is none, or it has no rows."""
    refuse_blank(body)
    rows = _rows(body.removeprefix(BOM_UTF8), delimiter)
    header = _header(next(rows, Row(1, [])))
    upload = Upload(mode=mode)
    for index, row in enumerate(rows):
        if index == most_readings:
            raise UnreadableUploadError(
                "too_many_readings", f"More than {most_readings} readings in one upload"
            )
        try:
            upload.readings.append(_reading(header, row, decimal_comma=decimal_comma))
        except _RowError as exc:
            upload.reject(LineRejection(index, exc.code, plain(str(exc)), row.number))
        except msgspec.ValidationError as exc:
            upload.reject(LineRejection(index, *explained(exc), row.number))
    if not upload.size:
        raise UnreadableUploadError("empty_upload", "There are no rows below the header")
    return upload


def _rows(body: bytes, delimiter: str) -> Iterator[Row]:
    """The rows, blank ones passed over. Only one at a time is taken out of the body.

    No field of a reading may hold a newline, so each line is a row: a quote that is left
    open spoils its own line and does not swallow those that follow.
    """
    for place, with_end in enumerate(io.BytesIO(body), 1):
        if len(with_end) > LONGEST_LINE:
            yield Row(place, [], error=f"More than {LONGEST_LINE} bytes")
            continue
        # A line that is no UTF-8 is found out by what it then contains: see _check_utf8.
        text = with_end.decode("utf-8", errors="surrogateescape")
        line = text.removesuffix("\n").removesuffix("\r")
        if '"' in line:
            try:
                yield Row(place, next(csv.reader([line], delimiter=delimiter, strict=True)))
            except csv.Error as exc:
                yield Row(place, [], error=str(exc))
        elif line.strip():
            yield Row(place, line.split(delimiter))


def _header(row: Row) -> list[str]:
    names = [name.strip() for name in row.fields[:MOST_COLUMNS]]
    if row.error or not any(names):
        raise UnreadableUploadError("unparseable", row.error or "There is no header line")
    for name in names:
        if name not in COLUMNS:
            raise UnreadableUploadError(
                "unknown_column", plain(f"{name[:40]!r} is none of {', '.join(COLUMNS)}")
            )
        if names.count(name) > 1:
            raise UnreadableUploadError("duplicate_column", f"{name!r} is there twice")
    for name in REQUIRED:
        if name not in names:
            raise UnreadableUploadError("missing_column", f"There is no column {name!r}")
    return names


def _reading(header: Sequence[str], row: Row, *, decimal_comma: bool) -> ReadingIn:
    if row.error:
        raise _RowError("unparseable", row.error)
    surplus = row.fields[len(header) :]
    if len(row.fields) < len(header) or any(surplus):
        code = "too_many_columns" if surplus else "too_few_columns"
        raise _RowError(code, f"{len(row.fields)} columns instead of {len(header)}")
    cells = zip(header, row.fields, strict=False)
    given: dict[str, Any] = {name: text for name, cell in cells if (text := cell.strip())}
    _check_utf8(given)
    if "value" in given:
        try:
            given["value"] = number(given["value"], decimal_comma=decimal_comma)
        except NotANumberError as exc:
            raise _RowError("invalid_value", str(exc)) from exc
    return msgspec.convert(given, ReadingIn)


def _check_utf8(cells: dict[str, str]) -> None:
    for text in cells.values():
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as exc:
                raise _RowError("not_utf8", "The line is not UTF-8") from exc
