"""What a type's model of remaining life may learn from: lives of its assets that failed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from maintenance.models import Life
from mlops.learning.life_rows import (
    Layout,
    LifeRows,
    LifeUnreadableError,
    check_all_read,
    rows_of_life,
)
from mlops.learning.roles import roles_in_common, roles_of
from mlops.remaining_life.model import RemainingLife
from mlops.watching.rows import bin_width
from sensors.history.granularity import HOUR
from sensors.history.windows import MICROSECOND, micros_of
from sensors.models import AssetType, Sensor

# The newest lives of a type that are learnt from, at most, and columns of their rows.
MOST_LIVES = 300
MOST_ROLES = 60
# Rows that a life of usual length has, about: the defaults of the model, its windows and
# its cap, were chosen on lives of so many.
USUAL_ROWS = 200
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WIDTHS = (
    *(MINUTE * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(HOUR * hours for hours in (1, 2, 3, 4, 6, 8, 12)),
    *(DAY * days for days in (1, 2, 3, 7, 14, 28)),
)
# Assets whose sensors are asked how often they read.
ASKED_HOW_OFTEN = 20


class CannotLearnError(Exception):
    """There is nothing to learn from. Says why, without naming an asset."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Lives as they are learnt from, and why how many others were left out."""

    layout: Layout
    lives: tuple[Life, ...]
    rows: tuple[LifeRows, ...]
    left_out: Mapping[str, int]

    @property
    def count(self) -> int:
        """Rows of all lives together."""
        return sum(rows.history.rows for rows in self.rows)

    @property
    def digest(self) -> str:
        """SHA-256 of the columns, the width and all that is in the rows."""
        data = hashlib.sha256(repr(self.layout).encode())
        for rows in self.rows:
            data.update(f"{rows.history.unit} {rows.history.rows} {rows.ends[-1]}".encode())
            data.update(np.ascontiguousarray(rows.history.settings).tobytes())
            data.update(np.ascontiguousarray(rows.history.sensors).tobytes())
        return data.hexdigest()


def gathered(asset_type: AssetType, needed: int) -> Gathered:
    """The failed lives of a type's assets, with the columns that they have in common.

    Raises CannotLearnError where fewer than `needed` are left.
    """
    failed = Life.objects.failed().filter(asset__type=asset_type).select_related("asset")
    lives = list(failed.order_by("-ended_at", "pk")[:MOST_LIVES])
    if len(lives) < needed:
        raise CannotLearnError(f"{len(lives)} of {needed} lives that ended in a failure")
    members = members_of(lives)
    layout = layout_of(lives, members)
    kept, rows, left_out = [], [], Counter[str]()
    for life in lives:
        try:
            rows.append(_readable(life, members[life.asset_id], layout))
            kept.append(life)
        except LifeUnreadableError as exc:
            left_out[str(exc)] += 1
    if len(kept) < needed:
        why = "; ".join(f"{count} × {words}" for words, count in left_out.most_common(3))
        raise CannotLearnError(f"{len(kept)} of {needed} lives can be learnt from: {why}")
    return Gathered(layout, tuple(kept), tuple(rows), dict(left_out))


def members_of(lives: Sequence[Life]) -> dict[int, dict[str, Sensor]]:
    """Of each asset its sensors in use, by their roles."""
    assets = {life.asset_id: life.asset for life in lives}
    sensors: dict[int, list[Sensor]] = {pk: [] for pk in assets}
    for sensor in Sensor.objects.active().filter(asset__in=assets).order_by("pk"):
        sensors[sensor.asset_id].append(sensor)
    return {pk: roles_of(asset.tag, sensors[pk]) for pk, asset in assets.items()}


def layout_of(lives: Sequence[Life], members: Mapping[int, Mapping[str, Sensor]]) -> Layout:
    """Columns that nearly all of the assets have, and a width that gives lives some
    hundreds of rows. Raises CannotLearnError."""
    roles = roles_in_common(list(members.values()))[:MOST_ROLES]
    settings = tuple(role for role in roles if _is_setting(role, members))
    answers = tuple(role for role in roles if role not in settings)
    if not answers:
        raise CannotLearnError("the sensors of its assets cannot be matched to each other")
    spans = sorted(life.ended_at - life.started_at for life in lives if life.ended_at)
    least = _interval(lives, members)
    wanted = max(spans[len(spans) // 2] / USUAL_ROWS, MINUTE)
    fitting = [width for width in WIDTHS if width >= least] or [WIDTHS[-1]]
    # The nearest as a factor: of 12 h neither 24 h nor 6 h is nearer.
    return Layout(settings, answers, min(fitting, key=lambda width: abs(np.log(width / wanted))))


def _is_setting(role: str, members: Mapping[int, Mapping[str, Sensor]]) -> bool:
    said = [roles[role].is_setting for roles in members.values() if role in roles]
    return 2 * sum(said) > len(said)


def _interval(lives: Sequence[Life], members: Mapping[int, Mapping[str, Sensor]]) -> timedelta:
    """How often the sensors read, by the slowest of some assets: else rows would be fewer
    than hours of operation. Nothing where the readings are gone and only hours are left."""
    found = []
    for life in lives[:ASKED_HOW_OFTEN]:
        ids = [sensor.pk for sensor in members[life.asset_id].values()]
        width = bin_width(ids, micros_of(life.ended_at)) if life.ended_at and ids else None
        found.append(HOUR if width is None else width * MICROSECOND)
    return max(found)


def _readable(life: Life, members: Mapping[str, Sensor], layout: Layout) -> LifeRows:
    """Raises LifeUnreadableError."""
    assert life.ended_at is not None
    rows = rows_of_life(life, members, layout, life.ended_at)
    least = RemainingLife().min_rows
    if rows.history.rows < least:
        raise LifeUnreadableError(f"fewer than {least} rows of {layout.hours:g} h")
    check_all_read(rows, layout)
    return rows
