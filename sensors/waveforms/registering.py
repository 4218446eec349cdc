"""Sensors that stand beside their parent: what its waveforms are turned into."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from django.db.models import Q

from sensors.models import Sensor, SeverityPreset, WaveformAnalysis

logger = logging.getLogger(__name__)

VELOCITY = "velocity_rms"
LONGEST_CODE = 100
# As on the parent: where it is, and when the machine runs.
GOES_ALONG = {"asset", "location", "gate", "runs_above", "settle_time"}

# By the parent's id and the name of the feature, which ends the code.
DerivedSensors = dict[tuple[int, str], Sensor]


def derived_sensors(
    parents: Mapping[int, Sensor], units: Mapping[tuple[int, str], str]
) -> DerivedSensors:
    """The sensors of features with these units; those that are missing are created.

    A code that a sensor of somebody else has stays theirs, and one that would be too long
    is not made: the feature is left out.
    """
    found = _known(parents)
    missing = [key for key in sorted(units.keys() - found.keys()) if _fits(parents[key[0]], key)]
    if not missing:
        return found
    newcomers = [_derived(parents[parent], name, units[parent, name]) for parent, name in missing]
    Sensor.objects.bulk_create(newcomers, ignore_conflicts=True)
    logger.info("registered %s derived sensors", len(newcomers))
    return _known(parents)


def _known(parents: Iterable[int]) -> DerivedSensors:
    derived = Sensor.objects.filter(derived_from__in=list(parents)).order_by("pk")
    return {(s.derived_from_id or 0, s.code.rpartition(".")[2]): s for s in derived}


def _fits(parent: Sensor, key: tuple[int, str]) -> bool:
    return len(f"{parent.code}.{key[1]}") <= LONGEST_CODE


def _derived(parent: Sensor, name: str, unit: str) -> Sensor:
    sensor = Sensor(
        code=f"{parent.code}.{name}",
        kind=Sensor.Kind.VIBRATION,
        unit=unit,
        derived_from=parent,
        site_id=parent.site_id,
        expected_interval=parent.expected_interval,
        **{field: getattr(parent, field) for field in GOES_ALONG},
    )
    analysis: WaveformAnalysis | None = getattr(parent, "analysis", None)
    if name == VELOCITY and analysis and analysis.severity:
        sensor.warning_high = analysis.severity.b_to_c
        sensor.alarm_high = analysis.severity.c_to_d
    return sensor


def take_along(parent: Sensor) -> None:
    """Have the derived sensors stand where their parent does."""
    parent.derived.update(**{field: getattr(parent, field) for field in GOES_ALONG})


def set_limits(preset: SeverityPreset, *, of: Sensor | None = None) -> int:
    """Give the velocities under a preset its borders as limits; says how many there are.

    Of one parent or of all. What somebody set low stays, if it is below.
    """
    velocities = Sensor.objects.filter(derived_from__analysis__severity=preset)
    velocities = velocities.filter(code__endswith=f".{VELOCITY}")
    if of is not None:
        velocities = velocities.filter(derived_from=of)
    below = Q(warning_low=None) | Q(warning_low__lt=preset.b_to_c)
    return velocities.filter(below).update(warning_high=preset.b_to_c, alarm_high=preset.c_to_d)
