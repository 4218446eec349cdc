"""What the columns of a file mean, and how a row of them becomes readings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Protocol

import msgspec

from sensors.csv.files import Row
from sensors.csv.times import Times, UnreadableTimeError
from sensors.intake.decoding import ReadingIn


@dataclass(frozen=True, slots=True)
class Reject:
    """A line, or one value of it, that is no reading: where and why."""

    line: int
    code: str
    detail: str
    column: str = ""


@dataclass(slots=True)
class Parsed:
    """What became of one row."""

    line: int
    readings: list[ReadingIn] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    empty: int = 0

    def reject(self, code: str, detail: str, column: str = "") -> None:
        self.rejects.append(Reject(self.line, code, detail, column))


class NotANumberError(ValueError):
    pass


class Layout(Protocol):
    """Turns the fields of a row into readings; the time is read already."""

    def fill(self, parsed: Parsed, moment: datetime, fields: Sequence[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Columns:
    """A file's header, understood."""

    header: Sequence[str]
    time: int
    layout: Layout
    times: Times

    def parse(self, row: Row) -> Parsed:
        parsed = Parsed(row.number)
        surplus = row.fields[len(self.header) :]
        if row.error:
            parsed.reject("unreadable_line", row.error)
        elif len(row.fields) < len(self.header) or any(surplus):
            code = "too_many_columns" if surplus else "too_few_columns"
            parsed.reject(code, f"{len(row.fields)} columns instead of {len(self.header)}")
        else:
            try:
                moment = self.times.read(row.fields[self.time])
            except UnreadableTimeError as exc:
                parsed.reject(exc.code, str(exc), self.header[self.time])
            else:
                self.layout.fill(parsed, moment, row.fields)
        return parsed


@dataclass(frozen=True, slots=True)
class WideColumn:
    """A column that is a sensor. `pattern` is its reading without time and value."""

    index: int
    name: str
    pattern: ReadingIn


@dataclass(frozen=True, slots=True)
class WideLayout:
    """One row is one moment, one column one sensor. An empty field is no reading."""

    columns: Sequence[WideColumn]
    decimal_comma: bool = False

    def fill(self, parsed: Parsed, moment: datetime, fields: Sequence[str]) -> None:
        for column in self.columns:
            text = fields[column.index].strip()
            if not text:
                parsed.empty += 1
                continue
            try:
                value = number(text, decimal_comma=self.decimal_comma)
            except NotANumberError as exc:
                parsed.reject("not_a_number", str(exc), column.name)
                continue
            of = column.pattern
            parsed.readings.append(
                ReadingIn(of.sensor_id, value, moment, sensor_type=of.sensor_type)
            )


@dataclass(frozen=True, slots=True)
class LongLayout:
    """One row is one reading. The numbers are places of columns."""

    sensor: int
    value: int
    quality: int | None = None
    unit: int | None = None
    prefix: str = ""
    decimal_comma: bool = False

    def fill(self, parsed: Parsed, moment: datetime, fields: Sequence[str]) -> None:
        sensor_id = self.prefix + fields[self.sensor].strip()
        unit = fields[self.unit].strip() if self.unit is not None else ""
        quality = fields[self.quality].strip().lower() if self.quality is not None else ""
        try:
            value = number(fields[self.value].strip(), decimal_comma=self.decimal_comma)
        except NotANumberError as exc:
            parsed.reject("not_a_number", str(exc))
            return
        try:
            of = pattern_of(sensor_id, unit, quality)
        except msgspec.ValidationError as exc:
            parsed.reject("invalid_reading", str(exc))
            return
        parsed.readings.append(
            ReadingIn(of.sensor_id, value, moment, quality=of.quality, unit=of.unit)
        )


@lru_cache(maxsize=10_000)
def pattern_of(sensor_id: str, unit: str, quality: str) -> ReadingIn:
    """A reading with these words, held to the rules of uploads once for all its likes.

    Raises msgspec.ValidationError.
    """
    words = {"sensor_id": sensor_id, "unit": unit or None, "quality": quality or "good"}
    return msgspec.convert(words | {"value": 0.0}, ReadingIn)


def number(text: str, *, decimal_comma: bool = False) -> float:
    """A finite number. Raises NotANumberError.

    >>> number("1,5", decimal_comma=True)
    1.5
    """
    plain = text.replace(",", ".") if decimal_comma and "." not in text else text
    try:
        value = float(plain)
    except ValueError:
        value = math.nan
    # Python reads 1_000 as a thousand; in a file it is more likely two things in one.
    # It reads the digits of all scripts, too; no other reader of such files does.
    if not math.isfinite(value) or "_" in plain or not plain.isascii():
        raise NotANumberError(f"{text[:40]!r} is not a number" if text else "the value is empty")
    return value
