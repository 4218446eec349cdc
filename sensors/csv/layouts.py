"""Find out what the columns of a file mean: by what the caller says, else by their names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from sensors.csv.columns import Columns, Layout, LongLayout, WideColumn, WideLayout
from sensors.csv.times import Times
from sensors.intake.decoding import Kind, ReadingIn

TIME_NAMES = ("timestamp", "time", "datetime", "date", "taken_at")
SENSOR_NAMES = ("sensor_id", "sensor", "tag")
VALUE_NAMES = ("value",)
QUALITY_NAMES = ("quality",)
UNIT_NAMES = ("unit",)

# The first of these that a column's name contains tells its kind. No guess beyond them.
KIND_WORDS: tuple[tuple[str, Kind], ...] = (
    ("accelerometer", "vibration"),
    ("vibration", "vibration"),
    ("temperature", "temperature"),
    ("pressure", "pressure"),
    ("voltage", "voltage"),
    ("current", "current"),
    ("flow", "flow"),
)


class ColumnError(Exception):
    """The columns do not fit what the caller says of them. The message is for people."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller says of the columns; what is left open is guessed."""

    time: str | None = None
    sensor: str | None = None
    value: str | None = None
    quality: str | None = None
    unit: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    ignore: Sequence[str] = ()
    prefix: str = ""
    decimal_comma: bool = False


def understand(header: Sequence[str], wishes: Wishes, times: Times) -> Columns:
    """The meaning of the columns. Raises ColumnError."""
    named = [wishes.time, wishes.sensor, wishes.value, wishes.quality, wishes.unit]
    for name in [*(name for name in named if name), *wishes.ids, *wishes.ignore]:
        if name not in header:
            raise ColumnError(f"There is no column {name!r}; there are {listed(header)}")
    # A column without a name is the row number that many programs write.
    usable = [name for name in header if name and name not in wishes.ignore]
    time = _find(usable, wishes.time, TIME_NAMES)
    if time is None:
        raise ColumnError(f"Which column is the time? There are {listed(header)}")
    sensor = _find(usable, wishes.sensor, SENSOR_NAMES)
    value = _find(usable, wishes.value, VALUE_NAMES)
    layout: Layout
    if sensor is not None and value is not None:
        layout = _long(header, usable, sensor, value, wishes)
    elif wishes.sensor or wishes.value:
        missing = "value" if wishes.sensor else "sensor"
        raise ColumnError(f"Which column is the {missing}? There are {listed(header)}")
    else:
        layout = _wide(header, [name for name in usable if name != time], wishes)
    return Columns(header, header.index(time), layout, times)


def sensors_of(columns: Columns) -> list[str]:
    """The sensors that the columns are; none where they stand in the rows."""
    if isinstance(columns.layout, WideLayout):
        return [column.pattern.sensor_id for column in columns.layout.columns]
    return []


def listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _find(usable: Sequence[str], wish: str | None, usual: Sequence[str]) -> str | None:
    if wish:
        return wish
    by_lower = {name.lower(): name for name in reversed(usable)}
    return next((by_lower[name] for name in usual if name in by_lower), None)


def _long(
    header: Sequence[str], usable: Sequence[str], sensor: str, value: str, wishes: Wishes
) -> LongLayout:
    if wishes.ids:
        raise ColumnError(
            f"The sensors stand in the column {sensor!r}, so no other column can be mapped "
            "to one; ignore it if each column is a sensor"
        )
    quality = _find(usable, wishes.quality, QUALITY_NAMES)
    unit = _find(usable, wishes.unit, UNIT_NAMES)
    return LongLayout(
        sensor=header.index(sensor),
        value=header.index(value),
        quality=None if quality is None else header.index(quality),
        unit=None if unit is None else header.index(unit),
        prefix=wishes.prefix,
        decimal_comma=wishes.decimal_comma,
    )


def _wide(header: Sequence[str], names: Sequence[str], wishes: Wishes) -> WideLayout:
    if not names:
        raise ColumnError("There is no column with values")
    column_of: dict[str, str] = {}
    columns: list[WideColumn] = []
    for index, name in enumerate(header):
        if name not in names:
            continue
        made = id_of(name)
        sensor_id = wishes.ids.get(name) or (made and wishes.prefix + made)
        if sensor_id in column_of:
            raise ColumnError(
                f"The columns {column_of[sensor_id]!r} and {name!r} would both be the sensor "
                f"{sensor_id}; map or ignore one"
            )
        column_of[sensor_id] = name
        columns.append(WideColumn(index, name, _pattern(name, sensor_id)))
    return WideLayout(columns, wishes.decimal_comma)


def _pattern(name: str, sensor_id: str) -> ReadingIn:
    words = {"sensor_id": sensor_id, "value": 0.0, "sensor_type": kind_of(name)}
    try:
        return msgspec.convert(words, ReadingIn)
    except msgspec.ValidationError as exc:
        raise ColumnError(
            f"The column {name!r} gives no valid sensor id ({sensor_id!r}); map or ignore it"
        ) from exc


def id_of(name: str) -> str:
    """A valid sensor id near to the name of a column, or nothing.

    >>> id_of("Volume Flow (l/min)")
    'Volume_Flow_l/min'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.:/-]+", "_", plain).strip("_").lstrip("-./:_")


def kind_of(name: str) -> Kind:
    """The kind of sensor that a column's name speaks of.

    >>> kind_of("Accelerometer1RMS"), kind_of("Thermocouple")
    ('vibration', 'other')
    """
    lower = name.lower()
    return next((kind for word, kind in KIND_WORDS if word in lower), "other")
