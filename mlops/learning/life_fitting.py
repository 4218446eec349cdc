"""Fit the model of remaining life of a type of asset, and decide whether it goes on duty."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import transaction

from mlops.learning.life_histories import CannotLearnError, Gathered, gathered
from mlops.learning.life_models import CODE, KIND, LIBRARY, broken, loaded, save
from mlops.models import ModelVersion
from mlops.remaining_life.model import RemainingLife
from sensors.models import AssetType

logger = logging.getLogger(__name__)

NEEDED = RemainingLife().min_units
# The cap as a share of a usual life: on turbofans it was 125 of some 200 cycles.
CAP_SHARE = 0.625
LEAST_CAP = 10.0  # Rows


@dataclass(frozen=True, slots=True)
class TypeFit:
    """How a fit ended: a version, or in words why there is none."""

    asset_type: AssetType
    words: str
    version: ModelVersion | None = None


def fit_type(asset_type: AssetType) -> TypeFit:
    """Learn from the lives of a type's assets that ended in a failure."""
    fit = _fitted(asset_type)
    logger.info("remaining life of type %s: %s", asset_type.pk, fit.words)
    return fit


def _fitted(asset_type: AssetType) -> TypeFit:
    try:
        found = gathered(asset_type, NEEDED)
    except CannotLearnError as exc:
        return TypeFit(asset_type, f"nothing to learn from: {exc}")
    last = ModelVersion.objects.filter(kind=KIND, asset_type=asset_type).first()
    known = last is not None and last.data_digest == found.digest and loaded(last) is not None
    if known and not broken(asset_type):
        return TypeFit(asset_type, f"nothing new since {last}")
    model = unfitted(found).fit([rows.history for rows in found.rows])
    return _registered(asset_type, found, model)


def unfitted(found: Gathered) -> RemainingLife:
    """The model for lives of such lengths, with its defaults but for the cap."""
    usual = float(np.median([rows.history.rows for rows in found.rows]))
    return RemainingLife(cap=max(round(CAP_SHARE * usual), LEAST_CAP))


def _registered(asset_type: AssetType, found: Gathered, model: RemainingLife) -> TypeFit:
    layout, metrics = found.layout, metrics_of(model, found.layout.hours)
    version = ModelVersion(
        kind=KIND,
        code=CODE,
        asset_type=asset_type,
        parameters=_parameters(found, model),
        columns=list(layout.roles),
        learnt_from=min(life.started_at for life in found.lives),
        learnt_until=max(rows.ends[-1] for rows in found.rows),
        rows=found.count,
        data_digest=found.digest,
        metrics=metrics,
    )
    better = model.rmse_ < model.rmse_by_age_
    with transaction.atomic():
        # Two fits of one type number their versions one after the other.
        AssetType.objects.select_for_update(no_key=True).get(pk=asset_type.pk)
        if useless := broken(asset_type):
            # It can say nothing any more, whether or not there is a better one.
            useless.is_active = False
            useless.save(update_fields=["is_active"])
        version.artifact_digest = save(model)
        version.register(on_duty=better)
    said = "on duty" if better else "kept off duty: no better than the age alone"
    return TypeFit(
        asset_type,
        f"{version} learnt from {len(found.lives)} failures, off by "
        f"{metrics['error_hours']:g} h ({metrics['error_by_age_hours']:g} h by age alone), {said}",
        version,
    )


def metrics_of(model: RemainingLife, hours: float) -> dict[str, float]:
    """Errors and covers on units not learnt from, near the cap and below."""
    covers = {f"cover_{cover:.0%}".rstrip("%"): held for cover, held in model.covers_.items()}
    return {
        "error_hours": round(model.rmse_ * hours, 2),
        "error_by_age_hours": round(model.rmse_by_age_ * hours, 2),
        **{name: round(held, 3) for name, held in covers.items()},
    }


def _parameters(found: Gathered, model: RemainingLife) -> dict[str, Any]:
    """As they are, for defaults may change and versions may not."""
    learnt = {name: value for name, value in vars(model).items() if not name.endswith("_")}
    return {
        "bin_seconds": found.layout.width / timedelta(seconds=1),
        "settings": len(found.layout.settings),
        "failures": len(found.lives),
        "left_out": dict(found.left_out),
        "library": LIBRARY,
        **learnt,
    }
