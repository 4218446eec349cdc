"""A fleet that ran to failure, from a file in the layout of C-MAPSS, into the database.

A line is a cycle: number of the unit, number of the cycle, three settings, then sensors.
Units follow each other and so do the cycles of a unit; one unit at a time is in memory.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from pathlib import Path
from typing import TextIO

import numpy as np
from django.db import transaction

from maintenance.models import Life
from mlops.remaining_life.histories import Values
from sensors.files.backfill import store_history
from sensors.intake.decoding import ReadingIn
from sensors.models import Asset, AssetType, Sensor, Site

SETTINGS = 3
BEFORE_VALUES = 2  # Unit and cycle
MOST_UNITS, MOST_CYCLES, MOST_COLUMNS = 1_000, 10_000, 60
LONGEST_LINE = 4_000  # Characters
SOURCE = "fleet"


class FleetFileError(Exception):
    """A line that is none of such a file."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One machine: `values` have shape (cycles, settings and sensors)."""

    number: int
    values: Values


@dataclass(frozen=True, slots=True)
class Fleet:
    """Where units go, and how cycles become time: all end at `until`."""

    site: Site
    asset_type: AssetType
    name: str
    cycle: timedelta
    until: datetime
    failed: bool = True

    @transaction.atomic
    def add(self, unit: Unit) -> bool:
        """Put a unit down as an asset with its sensors, readings and life. False if it is
        there already."""
        tag = f"{self.name}-{unit.number:03d}"
        asset, is_new = Asset.objects.get_or_create(
            site=self.site,
            tag=tag,
            defaults={"name": f"Unit {unit.number}", "type": self.asset_type},
        )
        if not is_new:
            return False
        sensors = self._sensors(asset, unit.values.shape[1])
        begin = self.until - self.cycle * len(unit.values)
        store_history(
            site=self.site,
            source=SOURCE,
            readings=[
                ReadingIn(sensor_id=sensor.code, value=value, timestamp=begin + self.cycle * row)
                for sensor, column in zip(sensors, unit.values.T, strict=True)
                for row, value in enumerate(column.tolist())
            ],
            idempotency_key=f"fleet:{tag}",
            correlation_id=f"fleet-{asset.pk}",
        )
        ended = {"ended_at": self.until, "ending": Life.Ending.FAILED} if self.failed else {}
        Life(asset=asset, started_at=begin, **ended).record(by=f"load_fleet {self.name}")
        return True

    def _sensors(self, asset: Asset, columns: int) -> list[Sensor]:
        names = [f"setting{n + 1}" for n in range(SETTINGS)]
        names += [f"s{n + 1}" for n in range(columns - SETTINGS)]
        return Sensor.objects.bulk_create(
            Sensor(
                site=self.site,
                asset=asset,
                code=f"{asset.tag}_{name}",
                is_setting=place < SETTINGS,
                # Some of them never move, and that is no fault.
                stuck_after=0,
            )
            for place, name in enumerate(names)
        )


def units_of(path: Path) -> Iterator[Unit]:
    """The units of a file, packed by gzip if its name says so. Raises FleetFileError."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="ascii", errors="replace") as lines:
        seen: set[int] = set()
        for number, rows in groupby(_rows(lines), key=lambda row: int(row[0])):
            if number in seen:
                raise FleetFileError(f"unit {number} comes twice")
            seen.add(number)
            if len(seen) > MOST_UNITS:
                raise FleetFileError(f"more than {MOST_UNITS} units")
            cycles = list(islice(rows, MOST_CYCLES + 1))
            if len(cycles) > MOST_CYCLES:
                raise FleetFileError(f"unit {number} has more than {MOST_CYCLES} cycles")
            yield Unit(number, np.array(cycles)[:, BEFORE_VALUES:])


def _rows(lines: TextIO) -> Iterator[list[float]]:
    width = 0
    for place, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE), ""), start=1):
        try:
            row = [float(word) for word in line.split()]
        except ValueError as exc:
            raise FleetFileError(f"line {place} has something that is no number") from exc
        if not row:
            continue
        width = width or len(row)
        least = BEFORE_VALUES + SETTINGS + 1
        if len(row) != width or not least <= width <= MOST_COLUMNS or not np.isfinite(row).all():
            raise FleetFileError(f"line {place} is no unit, cycle, settings and sensors")
        yield row
