"""The one door to what detectors are and have learnt."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache

import numpy as np

from maintenance.anomalies.deadbands import Signal
from maintenance.episodes import LOOK_BACK
from maintenance.models import Symptom
from mlops import artifacts
from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Block, Detector, Values
from mlops.detectors.jumps import Jumps
from mlops.detectors.level_and_pattern import LevelAndPattern
from mlops.detectors.limits import Limits
from mlops.detectors.noise_gone import NoiseGone
from mlops.detectors.rate_of_change import RateOfChange
from mlops.detectors.seasonal_baseline import SeasonalBaseline
from mlops.detectors.silence import Silence
from mlops.detectors.stuck import Stuck
from mlops.detectors.subsequences import Subsequences
from mlops.detectors.suite import ONLY_ASKED, Mask, Member, Suite
from mlops.models import ModelVersion
from sensors.models import Sensor

logger = logging.getLogger(__name__)

# The name is stored in the database: never reuse one for other behaviour.
DETECTORS: dict[str, type[Detector]] = {
    "jumps": Jumps,
    "limits": Limits,
    "noise_gone": NoiseGone,
    "rate_of_change": RateOfChange,
    "seasonal_baseline": SeasonalBaseline,
    "silence": Silence,
    "stuck": Stuck,
}
NAMES = {detector: name for name, detector in DETECTORS.items()}
# Of assets; the same holds for these names. The first is what is fitted.
ASSET_DETECTORS: dict[str, type[AssetDetector]] = {"level_and_pattern": LevelAndPattern}
SHIPPED = next(iter(ASSET_DETECTORS))
# Of single sensors, fitted by night.
SHAPES = "subsequences"
FITTED: dict[str, type[AssetDetector | Subsequences]] = {**ASSET_DETECTORS, SHAPES: Subsequences}
# Gone, changed, out of reach, or not what from_arrays needs.
UNUSABLE = (
    artifacts.ArtifactMissingError,
    artifacts.ArtifactDamagedError,
    OSError,
    KeyError,
    TypeError,
    ValueError,
)
# Detectors that a process keeps, of some 100 kB each.
KEPT_DETECTORS = 512
# Of all sensors, so it has to be gone for sure: at 4 times, the detector's own default,
# every second alarm on ordinary series was one of their calm hours.
TIMES_CALMER = 8.0


def sensor_suite(sensors: Sequence[Sensor]) -> Suite:
    """The detectors that watch sensors, what is set for each in the order of the sensors."""
    set_by_hand = {name: _column(sensors, name) for name in LIMITS}
    limits = Limits(**set_by_hand, deadband=_deadbands(sensors)).fit(NOTHING)
    return Suite(
        [
            _member(Symptom.Kind.DEVIATION, SeasonalBaseline().fit(NOTHING)),
            _member(Symptom.Kind.HIGH_LIMIT, limits, Limits.channels.index("high"), gated=False),
            _member(Symptom.Kind.LOW_LIMIT, limits, Limits.channels.index("low"), gated=False),
            _rate_of_change(sensors),
            _stuck(sensors),
            _jumps(sensors),
            _noise_gone(sensors),
            _silence(sensors),
        ],
        recent=LOOK_BACK,
    )


NOTHING = Block(np.empty((0, 1), dtype=np.int64), np.empty((0, 1)))
LIMITS = ("warning_low", "alarm_low", "warning_high", "alarm_high")


def _rate_of_change(sensors: Sequence[Sensor]) -> Member:
    warning, alarm = _column(sensors, "warning_rate"), _column(sensors, "alarm_rate")
    detector = RateOfChange(rise=warning, fall=warning, alarm_rise=alarm, alarm_fall=alarm)
    limited = ~(np.isnan(warning) & np.isnan(alarm))
    return _member(Symptom.Kind.RATE_OF_CHANGE, detector.fit(NOTHING), watches=limited)


def _stuck(sensors: Sequence[Sensor]) -> Member:
    # As many equal values as make a reading doubted; 0 turns that off.
    shortest = _column(sensors, "stuck_after")
    detector = Stuck(
        hours=_seconds(sensors, "stuck_for") / 3600,
        shortest=np.where(shortest > 0, shortest, np.nan),
    )
    return _member(Symptom.Kind.STUCK, detector.fit(NOTHING))


def _deadbands(sensors: Sequence[Sensor]) -> Values:
    signals = (
        Signal(
            kind=sensor.kind,
            limits=(sensor.alarm_low, sensor.warning_low, sensor.warning_high, sensor.alarm_high),
            plausible=(sensor.plausible_low, sensor.plausible_high),
            deadband=sensor.deadband,
            share=sensor.deadband_share,
        )
        for sensor in sensors
    )
    return np.array([signal.width() for signal in signals], dtype=float)


def _jumps(sensors: Sequence[Sensor]) -> Member:
    largest = _column(sensors, "largest_jump")
    detector = Jumps(largest=largest).fit(NOTHING)
    return _member(Symptom.Kind.JUMP, detector, gated=False, watches=~np.isnan(largest))


def _noise_gone(sensors: Sequence[Sensor]) -> Member:
    asked = np.array([sensor.detect_noise_gone for sensor in sensors], dtype=bool)
    detector = NoiseGone(times=TIMES_CALMER)
    return _member(Symptom.Kind.NOISE_GONE, detector.fit(NOTHING), watches=asked)


def _silence(sensors: Sequence[Sensor]) -> Member:
    """It learns from readings; who is silent is found by looking, see silences.py."""
    detector = Silence(interval_seconds=_seconds(sensors, "expected_interval"))
    return _member(Symptom.Kind.NO_DATA, detector.fit(NOTHING), ONLY_ASKED, gated=False)


def _member(
    kind: str,
    detector: Detector,
    channel: int | None = None,
    *,
    gated: bool = True,
    watches: Mask | None = None,
) -> Member:
    return Member(kind, NAMES[type(detector)], detector, channel, gated, watches)


def _column(sensors: Sequence[Sensor], name: str) -> Values:
    """One field of the sensors, NaN where it is not set."""
    return np.array([getattr(sensor, name) for sensor in sensors], dtype=float)


def asset_detectors(assets: Iterable[int]) -> dict[int, tuple[ModelVersion, AssetDetector]]:
    """The versions on duty for assets, and what they learnt, by the asset's id.

    One that cannot be loaded is logged and left out: other assets must not wait for it,
    and a fit replaces it.
    """
    versions = ModelVersion.objects.active().filter(kind__in=ASSET_DETECTORS, asset__in=assets)
    found = {}
    for version in versions.order_by("pk"):
        if detector := loaded(version):
            found[version.asset_id] = version, detector
    return {asset: pair for asset, pair in found.items() if asset is not None}


def loaded(version: ModelVersion) -> AssetDetector | None:
    """The detector of a version of an asset; None, and a line in the log, if it cannot be
    loaded."""
    detector = _loaded(version)
    return detector if isinstance(detector, AssetDetector) else None


def shape_detector(sensor_id: int) -> tuple[ModelVersion, Subsequences] | None:
    """The version on duty that knows the shapes of a sensor's readings, and what it learnt.

    None where there is none, or, with a line in the log, where it cannot be loaded.
    """
    versions = ModelVersion.objects.active().filter(kind=SHAPES, sensor=sensor_id)
    version = versions.first()
    detector = _loaded(version) if version else None
    return (version, detector) if version and isinstance(detector, Subsequences) else None


def _loaded(version: ModelVersion) -> AssetDetector | Subsequences | None:
    if version.code != FITTED[version.kind].version:
        logger.warning("%s (%s) is of an older method", version, version.pk)
        return None
    try:
        parameters = json.dumps(version.parameters["detector"], sort_keys=True)
        # Shapes take up to a megabyte, and are asked for once a night.
        read = _detector if version.kind in ASSET_DETECTORS else _read
        detector = read(version.kind, parameters, version.artifact_digest)
        if detector.width != len(version.columns):
            raise ValueError("it learnt other columns than it says")
    except UNUSABLE as exc:
        logger.error("%s (%s) cannot be loaded: %r", version, version.pk, exc)
        return None
    return detector


@lru_cache(maxsize=KEPT_DETECTORS)
def _detector(kind: str, parameters: str, digest: str) -> AssetDetector | Subsequences:
    # What the digest names never changes, so neither does what is kept here.
    return _read(kind, parameters, digest)


def _read(kind: str, parameters: str, digest: str) -> AssetDetector | Subsequences:
    return FITTED[kind].from_arrays(json.loads(parameters), artifacts.load(digest))


def _seconds(sensors: Sequence[Sensor], name: str) -> Values:
    """A span of time of the sensors, NaN where it is not set or is none."""
    spans: list[timedelta | None] = [getattr(sensor, name) for sensor in sensors]
    seconds = [span.total_seconds() if span else np.nan for span in spans]
    return np.array([length if length > 0 else np.nan for length in seconds], dtype=float)
