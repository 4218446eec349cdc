"""Fit the detector of an asset, and decide whether it goes on duty."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from django.utils import timezone

from maintenance.episodes import openings
from maintenance.models import Symptom
from maintenance.recording import rules_of
from mlops import artifacts
from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Values
from mlops.detectors.calibration import (
    FALSE_ALARMS_PER_WEEK,
    WEEK_SECONDS,
    held_out_slices,
    tail_for_rate,
)
from mlops.learning.histories import History, history_of
from mlops.models import ModelVersion
from mlops.registry import ASSET_DETECTORS, SHIPPED, loaded
from mlops.watching.rows import SECOND
from sensors.history.windows import moment_of
from sensors.models import Asset

logger = logging.getLogger(__name__)

LEAST_SENSORS = 2
LEAST_ROWS = 500
# Each part of the history is held out once, and tried with what the others teach.
PARTS = 5
WARM_UP = 30  # Rows


@dataclass(frozen=True, slots=True)
class Fit:
    """How a fit ended: a version and whether it is on duty, or in words why there is none."""

    asset: Asset
    words: str
    version: ModelVersion | None = None


def fit_asset(asset: Asset, until: datetime | None = None) -> ModelVersion | None:
    """Fit the shipped detector on what an asset did before `until`, now if not given.

    Returns what was registered, None where nothing could be learnt.
    """
    return try_to_fit(asset, until).version


def try_to_fit(asset: Asset, until: datetime | None = None) -> Fit:
    """As fit_asset, and says how it ended."""
    fit = _fitted(asset, until or timezone.now())
    logger.info("fit for asset %s: %s", asset.pk, fit.words)
    return fit


def _fitted(asset: Asset, until: datetime) -> Fit:
    if asset.tag == Asset.UNASSIGNED:
        return Fit(asset, "no machine: its sensors have not been placed")
    history = history_of(asset, until)
    count = len(history.rows) if history else 0
    if history and len(history.sensors) < LEAST_SENSORS:
        return Fit(asset, f"not enough sensors: {len(history.sensors)} of {LEAST_SENSORS}")
    if history is None or count < LEAST_ROWS:
        left_out = f", {history.left_out} left out" if history and history.left_out else ""
        return Fit(asset, f"not enough history: {count} of {LEAST_ROWS} rows{left_out}")
    detector = unfitted(history.width).fit(history.rows.block)
    if detector.columns_.kept_.size < LEAST_SENSORS:
        return Fit(asset, f"fewer than {LEAST_SENSORS} sensors move: nothing to compare")
    return _registered(asset, history, detector)


def _registered(asset: Asset, history: History, detector: AssetDetector) -> Fit:
    champion = _champion(asset, history)
    metrics = _metrics(history, champion)
    # As they are, for defaults may change and versions may not.
    parameters = dict(vars(unfitted(history.width)))
    version = ModelVersion(
        kind=SHIPPED,
        code=detector.version,
        asset=asset,
        parameters={"bin_seconds": history.width // SECOND, "detector": parameters},
        columns=history.codes,
        learnt_from=moment_of(int(history.rows.micros[0])),
        learnt_until=moment_of(int(history.rows.micros[-1])),
        rows=len(history.rows),
        data_digest=history.digest,
        metrics=metrics,
    )
    worse = champion is not None and (
        metrics["false_alarms_per_week"] > metrics["false_alarms_per_week_of_the_one_on_duty"]
    )
    with transaction.atomic():
        # Two fits of one asset number their versions one after the other.
        list(Asset.objects.filter(pk=asset.pk).locked())
        version.artifact_digest = artifacts.save(detector.arrays())
        version.register(on_duty=not worse)
    words = "kept off duty: more false alarms than the one before" if worse else "on duty"
    return Fit(asset, f"{version} learnt from {version.rows} rows, {words}", version)


def unfitted(
    width: int, kind: type[AssetDetector] = ASSET_DETECTORS[SHIPPED], **parameters: float
) -> AssetDetector:
    """The shipped detector, or one of another `kind`, for rows of a width in microseconds.

    With its defaults where nothing is given, but for the tail: that is of a single row, and
    an asset of which there is a row each second would have a false alarm a day. The promise
    is FALSE_ALARMS_PER_WEEK, one false alarm an asset in three weeks; what it is worth is
    said there.
    """
    detector = kind(**parameters)
    if "tail" in parameters:
        return detector
    quiet = rules_of(Symptom.Kind.RELATION).refractory.total_seconds()
    detector.tail = min(detector.tail, tail_for_rate(FALSE_ALARMS_PER_WEEK, width / SECOND, quiet))
    return detector


def _champion(asset: Asset, history: History) -> AssetDetector | None:
    """The detector on duty, where it can be compared: it works, on the same rows."""
    version = ModelVersion.objects.active().filter(asset=asset, kind=SHIPPED).first()
    if version is None or version.columns != history.codes:
        return None
    if version.parameters.get("bin_seconds") != history.width // SECOND:
        return None
    return loaded(version)


def _metrics(history: History, champion: AssetDetector | None) -> dict[str, float]:
    """False alarms a week on the rows, all of them normal: of detectors that were fitted
    without them, and of the one on duty, which may have seen some."""
    metrics = {
        "left_out_rows": float(history.left_out),
        "false_alarms_per_week": _false_alarms(history, _held_out_scores(history)),
    }
    if champion is not None:
        block = history.rows.block
        scores, _ = champion.score(block, champion.begin(1))
        of_champion = _false_alarms(history, scores.score[:, 0])
        metrics["false_alarms_per_week_of_the_one_on_duty"] = of_champion
    return metrics


def _held_out_scores(history: History) -> Values:
    """Of each row the score by a detector that was fitted without its part of the history."""
    rows = history.rows
    scores, numbers = np.full(len(rows), np.nan), np.arange(len(rows))
    for held in held_out_slices(len(rows), PARTS):
        within = (numbers >= held.start) & (numbers < held.stop)
        detector = unfitted(history.width).fit(rows.only(~within).block)
        # From a little before, for its smoothing to find its level.
        tried = rows.only((numbers >= held.start - WARM_UP) & (numbers < held.stop))
        found, _ = detector.score(tried.block, detector.begin(1))
        scores[held] = found.score[-within.sum() :, 0]
    return scores


def _false_alarms(history: History, scores: Values) -> float:
    alarms = openings(history.rows.micros, scores, rules_of(Symptom.Kind.RELATION)).size
    weeks = len(history.rows) * history.width / SECOND / WEEK_SECONDS
    return round(alarms / weeks, 2)
