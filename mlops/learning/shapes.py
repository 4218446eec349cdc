"""Learn the shapes of a sensor's readings, by night: for sensors that a person asked it for.

Only a signal that repeats itself has shapes to learn. Whether it does is asked of the
signal; where it does not, or where there is too little of it, the sensor goes on learning
and says so.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from numpy.typing import NDArray

from maintenance.anomalies.windows import maintained
from maintenance.models import Anomaly
from mlops import artifacts
from mlops.detectors.base import Block, NotEnoughHistoryError, Times, Values
from mlops.detectors.period import dominant_period, steadiness
from mlops.detectors.subsequences import Subsequences
from mlops.learning.histories import GAPS, MARGIN, odd_rows
from mlops.learning.refits import LITTLE_LASTS
from mlops.models import ModelVersion, ShapeLook
from mlops.registry import SHAPES, shape_detector
from mlops.watching.running import idle_rows
from mlops.watching.shapes import believed, settled
from sensors.history.windows import Past, micros_of, moment_of, pasts
from sensors.models import Sensor

logger = logging.getLogger(__name__)

MOST_READINGS = 10_000
LEAST_READINGS = 1_000
# Times that a signal has to have repeated itself.
LEAST_ROUNDS = 20
# See steadiness(). Simulated signals that repeat themselves had 0.84 or more, others 0.26
# or less.
STEADY_FROM = 0.5
# A time between two readings that is so many times as long as usual is a gap.
GAP = 3.0
# Times as far as 99 of 100 normal readings lie. At 1 there were several false alarms a week.
LINE = 1.25
NOT_REPETITIVE = "its readings do not repeat themselves"
GAPS_EVERYWHERE = "its readings have too many gaps"


@dataclass(frozen=True, slots=True)
class Readings:
    """What there is to learn from, in order of time: arrays of shape (n,), NaN where a
    reading is left out."""

    micros: Times
    values: Values

    @property
    def left_out(self) -> NDArray[np.bool_]:
        return np.isnan(self.values)

    @property
    def normal(self) -> Values:
        return self.values[~self.left_out]

    @property
    def digest(self) -> str:
        """SHA-256 of the times and values."""
        return hashlib.sha256(self.micros.tobytes() + self.values.tobytes()).hexdigest()


def learn_shapes(sensor: Sensor, now: datetime) -> ModelVersion | None:
    """Fit on the sensor's past, if that is due, and put what was learnt on duty.

    How far it has come is kept either way. Looks only at what is new after it.
    """
    before = _newest(sensor)
    if not _is_due(sensor, before, now):
        return None
    readings = _readings(sensor, settled(now))
    period = dominant_period(readings.normal, default=0)
    steady = steadiness(readings.normal, period) if period else 0.0
    needed = max(LEAST_READINGS, LEAST_ROUNDS * period)
    count = readings.normal.size
    look = ShapeLook(sensor=sensor, learnt=min(count, needed), needed=needed, tried_at=now)
    if count >= LEAST_READINGS and steady < STEADY_FROM:
        look.learnt, look.needed, look.note = 0, LEAST_READINGS, NOT_REPETITIVE
    if look.learnt < look.needed:
        _put_off(look)
        return None
    detector = unfitted(period)
    try:
        detector.fit(Block(readings.micros[:, None], readings.values[:, None]))
    except NotEnoughHistoryError:
        look.learnt, look.note = 0, GAPS_EVERYWHERE
        _put_off(look)
        return None
    return _registered(look, before, detector, readings, steady)


def unfitted(period: int) -> Subsequences:
    """The detector of shapes for a signal that comes round after so many readings."""
    return Subsequences(period=period, gap=GAP, margin=LINE)


def _newest(sensor: Sensor) -> ModelVersion | None:
    return ModelVersion.objects.filter(kind=SHAPES, sensor=sensor).first()


def _is_due(sensor: Sensor, before: ModelVersion | None, now: datetime) -> bool:
    """Nothing usable is on duty, or what it learnt from is old or was not much."""
    if before is None or shape_detector(sensor.pk) is None:
        return True
    age = now - before.created_at
    return age > (LITTLE_LASTS if before.rows < MOST_READINGS else settings.REFIT_MODELS_AFTER)


def _readings(sensor: Sensor, until: datetime) -> Readings:
    [(micros, values)] = pasts(
        [Past(sensor.pk, None, micros_of(until))], most=GAPS * MOST_READINGS
    )
    if micros.size < 2:
        return Readings(micros, values)
    values = believed(values)
    of_it = Q(symptoms__sensor=sensor) | Q(asset=sensor.asset_id, is_joint=True)
    margin = MARGIN * int(np.median(np.diff(micros)))
    anomalies = Anomaly.objects.filter(of_it).abnormal()
    maintained_then = maintained(sensor.asset, moment_of(int(micros[0])), until)
    values[odd_rows(anomalies, micros, margin, maintained_then)] = np.nan
    values[idle_rows(sensor, micros, values)] = np.nan
    normal = np.flatnonzero(~np.isnan(values))
    first = normal[-MOST_READINGS] if normal.size > MOST_READINGS else 0
    return Readings(micros[first:], values[first:])


def _put_off(look: ShapeLook) -> None:
    """Note why there is nothing new. What is on duty stays there."""
    logger.info("no shapes of sensor %s: %s", look.sensor_id, look.note or "too little history")
    changed = ["tried_at", "note"]
    if shape_detector(look.sensor_id) is None:
        changed += ["learnt", "needed"]
    ShapeLook.objects.bulk_create(
        [look], update_conflicts=True, unique_fields=["sensor"], update_fields=changed
    )


def _registered(
    look: ShapeLook,
    before: ModelVersion | None,
    detector: Subsequences,
    readings: Readings,
    steady: float,
) -> ModelVersion | None:
    version = _version(look, detector, readings, steady)
    with transaction.atomic():
        list(Sensor.objects.filter(pk=look.sensor_id).locked())
        if _newest(look.sensor) != before:
            return None  # Another worker was faster.
        version.artifact_digest = artifacts.save(detector.arrays())
        version.register()
        looked = ShapeLook.objects.filter(sensor=look.sensor).values_list("until", flat=True)
        # What it has learnt it need not look at.
        look.until = max(filter(None, [*looked, moment_of(readings.micros[-1])]))
        look.save()
    logger.info("%s of sensor %s is on duty", version, look.sensor_id)
    return version


def _version(
    look: ShapeLook, detector: Subsequences, readings: Readings, steady: float
) -> ModelVersion:
    learnt = readings.micros[~readings.left_out]
    left_out = float(readings.left_out.sum())
    return ModelVersion(
        kind=SHAPES,
        code=detector.version,
        sensor=look.sensor,
        created_at=look.tried_at,
        parameters={"detector": _parameters(detector)},
        columns=[look.sensor.code],
        learnt_from=moment_of(learnt[0]),
        learnt_until=moment_of(learnt[-1]),
        rows=learnt.size,
        data_digest=readings.digest,
        metrics={"left_out_readings": left_out, "steadiness": round(steady, 3)},
    )


def _parameters(detector: Subsequences) -> dict[str, float | int | None]:
    return {name: value for name, value in vars(detector).items() if not name.endswith("_")}
