"""Waveforms of vibration, and what to make of them."""

from __future__ import annotations

from typing import Self

import numpy as np
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from sensors.access import Principal, Right
from sensors.intake.waveforms import Samples, WaveformIn, as_sent
from sensors.models.aside import QuarantinedReading, ReadingConflict
from sensors.models.sensors import Sensor
from sensors.vibration.bearings import Bearing as Geometry
from sensors.vibration.severity_zones import SeverityZones
from sensors.vibration.waveform import Unit, Waveform

SAMPLE = np.dtype("<f4")


class Kept(models.Model):
    """Samples as float32, for the reason that stands in waveforms.py."""

    sampling_rate = models.FloatField(help_text="Hz")
    unit = models.CharField(max_length=4)
    samples = models.BinaryField()

    class Meta:
        abstract = True

    def array(self) -> Samples:
        return np.frombuffer(bytes(self.samples), dtype=SAMPLE)

    def waveform(self) -> Waveform:
        return Waveform(self.array().astype(np.float64), self.sampling_rate, self._unit)

    def as_sent(self) -> WaveformIn:
        return as_sent(self.array(), self.sampling_rate, self._unit)

    @property
    def _unit(self) -> Unit:
        unit: Unit = self.unit  # type: ignore[assignment]
        return unit


class StoredWaveformQuerySet(models.QuerySet["StoredWaveform"]):
    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(sensor__site__in=sites)

    def light(self) -> Self:
        """Without the samples, but with how many there are."""
        size = models.Func(
            F("samples"), function="octet_length", output_field=models.IntegerField()
        )
        return self.defer("samples").annotate(count=size / SAMPLE.itemsize)


class StoredWaveform(Kept):
    """What lies behind a reading: the samples from its moment on. Kept as long as readings."""

    sensor = models.ForeignKey(Sensor, models.PROTECT, related_name="waveforms", db_index=False)
    taken_at = models.DateTimeField()

    objects = StoredWaveformQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sensor", "taken_at"], name="one_waveform_per_sensor_and_moment"
            )
        ]

    def __str__(self) -> str:
        return f"waveform of {self.sensor} at {self.taken_at:%Y-%m-%d %H:%M:%S}"


class WaveformAside(Kept):
    """A waveform whose reading is in quarantine, or contradicts one that is stored."""

    quarantined = models.OneToOneField(
        QuarantinedReading, models.PROTECT, null=True, related_name="waveform"
    )
    conflict = models.OneToOneField(
        ReadingConflict, models.PROTECT, null=True, related_name="waveform"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="waveform_aside_belongs_to_one_reading",
                condition=Q(quarantined=None, conflict__isnull=False)
                | Q(quarantined__isnull=False, conflict=None),
            )
        ]

    def __str__(self) -> str:
        return f"waveform of {self.quarantined or self.conflict}"


class Bearing(models.Model):
    """The geometry of a rolling-element bearing, by which damage of it is told."""

    name = models.CharField(max_length=60, unique=True, help_text="Such as SKF 6205")
    rolling_elements = models.PositiveSmallIntegerField(validators=[MinValueValidator(2)])
    element_diameter = models.FloatField(help_text="Of a ball or roller, in mm")
    pitch_diameter = models.FloatField(help_text="Of the circle of their centres, in mm")
    contact_angle = models.FloatField(
        default=0, validators=[MinValueValidator(0), MaxValueValidator(89)], help_text="Degrees"
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="elements_are_smaller_than_their_circle",
                condition=Q(element_diameter__gt=0, element_diameter__lt=F("pitch_diameter")),
            ),
            models.CheckConstraint(
                name="a_bearing_has_two_elements_at_least", condition=Q(rolling_elements__gte=2)
            ),
            models.CheckConstraint(
                name="contact_angle_is_below_a_right_one",
                condition=Q(contact_angle__gte=0, contact_angle__lt=90),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def geometry(self) -> Geometry:
        return Geometry(
            self.rolling_elements, self.element_diameter, self.pitch_diameter, self.contact_angle
        )


class SeverityPreset(models.Model):
    """Where zones of severity meet for a group of machines, in mm/s RMS of velocity."""

    name = models.CharField(max_length=60, unique=True, help_text="Machine group and support")
    a_to_b = models.FloatField()
    b_to_c = models.FloatField(help_text="The warning")
    c_to_d = models.FloatField(help_text="The alarm")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="zones_of_severity_rise",
                condition=Q(a_to_b__gt=0, b_to_c__gt=F("a_to_b"), c_to_d__gt=F("b_to_c")),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def zones(self) -> SeverityZones:
        return SeverityZones(self.a_to_b, self.b_to_c, self.c_to_d)


class WaveformAnalysis(models.Model):
    """What to know of the machine when looking at the waveforms of a sensor."""

    sensor = models.OneToOneField(Sensor, models.CASCADE, related_name="analysis")
    bearing = models.ForeignKey(Bearing, models.PROTECT, null=True, blank=True)
    rpm = models.FloatField(
        null=True, blank=True, help_text="Turns of the shaft a minute, where they are fixed"
    )
    speed_sensor = models.ForeignKey(
        Sensor,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Of the same asset, in r/min or Hz, where they are not",
    )
    severity = models.ForeignKey(
        SeverityPreset,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="analyses",
        help_text="Sets the limits of the velocity derived from waveforms",
    )

    class Meta:
        verbose_name_plural = "waveform analyses"
        constraints = [
            models.CheckConstraint(
                name="a_shaft_turns", condition=Q(rpm=None) | Q(rpm__gt=0, rpm__lte=1e6)
            ),
            models.CheckConstraint(
                name="the_speed_is_fixed_or_measured",
                condition=Q(rpm=None) | Q(speed_sensor=None),
            ),
        ]

    def __str__(self) -> str:
        return f"analysis of {self.sensor}"

    def clean(self) -> None:
        if self.speed_sensor and self.speed_sensor.asset_id != self.sensor.asset_id:
            raise ValidationError({"speed_sensor": "The speed sensor is on another asset"})


class FrequencyBand(models.Model):
    """A band whose strength becomes a sensor. One band or more replace the usual three."""

    sensor = models.ForeignKey(Sensor, models.CASCADE, related_name="bands")
    name = models.CharField(
        max_length=20,
        validators=[RegexValidator(r"^[a-z0-9_]+\Z", "Small letters, digits and _")],
        help_text="CODE.rms_name is the code of its sensor",
    )
    low = models.FloatField(help_text="Hz")
    high = models.FloatField(help_text="Hz, not included")

    class Meta:
        ordering = ["low"]
        constraints = [
            models.UniqueConstraint(fields=["sensor", "name"], name="one_band_per_name"),
            models.CheckConstraint(
                name="a_band_goes_up_from_above_zero", condition=Q(low__gt=0, high__gt=F("low"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.low:g} to {self.high:g} Hz"
