"""How long an asset has left, by what assets of its type had that failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from maintenance.models import Life
from mlops.learning.life_asking import ask_for_fit
from mlops.learning.life_fitting import NEEDED
from mlops.learning.life_histories import members_of
from mlops.learning.life_models import KIND, layout_of_version, loaded, on_duty
from mlops.learning.life_rows import (
    Layout,
    LifeRows,
    LifeUnreadableError,
    check_all_read,
    rows_of_life,
)
from mlops.models import ModelVersion
from mlops.prognosis.kept import keep, kept
from mlops.remaining_life.model import LifePath, RemainingLife
from sensors.history.granularity import floor
from sensors.models import Asset, AssetType

# Part of each key of the cache: another number when what is kept there changes its form.
FORM = 1


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Why nothing can be told of the life left: a stable word, and a sentence."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Hours:
    """From `low` to `high` operating hours; None is for that or any longer."""

    low: float
    high: float | None


@dataclass(frozen=True, slots=True)
class LifeCourse:
    """What would have been told of a life after each of its rows: `ends` are when these
    were over, the arrays of `path` are in operating hours."""

    ends: tuple[datetime, ...]
    path: LifePath


@dataclass(frozen=True, slots=True)
class LifeAhead:
    """What is told of the life left of an asset, in hours of operation.

    `cap` is the most that can be told: beyond it assets of the type look alike.
    """

    hours: float
    cap: float
    intervals: Mapping[float, Hours]
    version: str
    started_at: datetime
    operated: float
    as_of: datetime
    course: LifeCourse

    @property
    def is_more(self) -> bool:
        """Whether it is `hours` or any longer: every second asset like it is beyond the cap."""
        return self.intervals[min(self.intervals)].high is None

    @property
    def share(self) -> float:
        """Of what can be told at most; 1 is as good as new."""
        return 1.0 if self.is_more else self.hours / self.cap

    def __str__(self) -> str:
        widest = max(self.intervals)
        within = self.intervals[widest]
        start = (
            f"more than {within.low:.0f}"
            if within.high is None
            else (f"{within.low:.0f} to {within.high:.0f}")
        )
        about = "more than" if self.is_more else "about"
        return (
            f"{about} {self.hours:.0f} operating hours left, {start} in {widest:.0%} of such cases"
        )


def life_ahead_of(asset: Asset) -> LifeAhead | NotKnown:
    """What is left of an asset's running life, by what is known of it now.

    It is made anew when a row is over, and kept for some minutes in the cache.
    """
    if asset.type is None:
        return NotKnown("no_type", "the asset has no type, so nothing to be compared with")
    version = on_duty(asset.type)
    if version is None:
        return _no_model(asset.type)
    model = loaded(version)
    if model is None:
        ask_for_fit(asset.type.pk)
        return NotKnown("not_loadable", f"{version} cannot be loaded and is being fitted anew")
    life = Life.objects.running().filter(asset=asset).select_related("asset").first()
    if life is None:
        return NotKnown("no_life", "it has not been put down when the asset was installed")
    return _known(life, version, model)


def _no_model(asset_type: AssetType) -> NotKnown:
    """Why there is no model on duty."""
    failures = Life.objects.failed().filter(asset__type=asset_type).count()
    if failures < NEEDED:
        return NotKnown(
            "no_history", f"no run-to-failure history for this type ({failures} of {NEEDED})"
        )
    last = ModelVersion.objects.filter(kind=KIND, asset_type=asset_type).first()
    if last:
        return NotKnown("no_better_than_age", f"{last} tells no more than the age alone")
    return NotKnown("not_fitted", "nothing could be learnt of this type so far")


def _known(life: Life, version: ModelVersion, model: RemainingLife) -> LifeAhead | NotKnown:
    layout = layout_of_version(version)
    until = floor(timezone.now(), layout.width)
    changed = f"{life.changed_at.timestamp():.6f}"
    key = f"remaining-life:{FORM}:{version.pk}:{life.pk}:{changed}:{until.timestamp():.0f}"
    found: LifeAhead | NotKnown | None = kept(key)
    if found is None:
        found = life_ahead(life, version, model, until)
        keep(key, found)
    return found


def life_ahead(
    life: Life, version: ModelVersion, model: RemainingLife, until: datetime
) -> LifeAhead | NotKnown:
    """What could have been told of a life at `until`: of later readings it knows nothing."""
    layout = layout_of_version(version)
    try:
        rows = rows_of_life(life, members_of([life])[life.asset_id], layout, until)
    except LifeUnreadableError as exc:
        return NotKnown("other_sensors", f"no model for this asset's sensors: {exc}")
    count, least = rows.history.rows, model.min_rows
    if count < least:
        told = f"{count} of {least} rows of {layout.hours:g} h"
        return NotKnown("not_enough_data", f"not enough data of this life ({told})")
    try:
        check_all_read(rows, layout)
    except LifeUnreadableError as exc:
        return NotKnown("not_enough_data", f"not enough data of this life ({exc})")
    return _told(life, version, model, rows, layout)


def _told(
    life: Life, version: ModelVersion, model: RemainingLife, rows: LifeRows, layout: Layout
) -> LifeAhead:
    path, cap = model.path(rows.history), model.cap
    hours = layout.hours
    intervals = {
        cover: Hours(
            float(path.low[row, -1]) * hours,
            None if path.high[row, -1] >= cap else float(path.high[row, -1]) * hours,
        )
        for row, cover in enumerate(model.covers)
    }
    in_hours = LifePath(path.life * hours, path.low * hours, path.high * hours)
    return LifeAhead(
        hours=float(path.life[-1]) * hours,
        cap=cap * hours,
        intervals=intervals,
        version=str(version),
        started_at=life.started_at,
        operated=rows.history.rows * hours,
        as_of=rows.ends[-1],
        course=LifeCourse(rows.ends, in_hours),
    )
