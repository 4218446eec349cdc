"""Rows as lines of CSV that a spreadsheet shows and does not run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
LINES_AT_ONCE = 500


def lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file in pieces of some lines each."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([cell(value) for value in row])
        if number % LINES_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def cell(value: Any) -> Any:
    """A value as it stands in the file. Numbers stay numbers; nothing is an empty cell.

    >>> cell("=1+1"), cell(-1.5), cell(["stuck", "jump"])
    ("'=1+1", -1.5, 'stuck jump')
    """
    if isinstance(value, float | int):
        return value
    if isinstance(value, datetime):
        return text_of(value)
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def text_of(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()[: -len("+00:00")] + "Z"
