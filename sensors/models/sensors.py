"""What is measured on the assets of the plant (ISO 14224 calls these tags)."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from sensors.access import Principal, Right
from sensors.models.plant import Asset, Site


class SensorQuerySet(models.QuerySet["Sensor"]):
    def active(self) -> Self:
        return self.filter(retired_at=None)

    def locked(self) -> Self:
        """Lock the rows in one order; storing readings of them goes on meanwhile."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(site__in=sites)


class Sensor(models.Model):
    """One measured quantity. `code` is what clients send as `sensor_id`."""

    class Kind(models.TextChoices):
        TEMPERATURE = "temperature"
        VIBRATION = "vibration"
        PRESSURE = "pressure"
        HUMIDITY = "humidity"
        CURRENT = "current"
        VOLTAGE = "voltage"
        FLOW = "flow"
        SPEED = "speed"
        LEVEL = "level"
        POWER = "power"
        ACOUSTIC = "acoustic"
        OTHER = "other"

    # The site stands here too, not only on the asset, so that the database can keep
    # codes apart by site.
    site = models.ForeignKey(Site, models.PROTECT, related_name="sensors")
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="sensors")
    code = models.CharField(max_length=100)
    kind = models.CharField(max_length=11, choices=Kind, default=Kind.OTHER)
    unit = models.CharField(max_length=20, blank=True)
    location = models.CharField(max_length=100, blank=True)
    is_setting = models.BooleanField(
        "is a setting",
        default=False,
        help_text="Chosen by people or a control, such as load, and no answer of the machine",
    )

    plausible_low = models.FloatField(null=True, blank=True, help_text="Below: not believed")
    plausible_high = models.FloatField(null=True, blank=True, help_text="Above: not believed")
    largest_jump = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Between two readings; a larger one is doubted",
    )
    stuck_after = models.PositiveIntegerField(
        default=30, help_text="As many equal values in a row are doubted; 0 turns it off"
    )
    expected_interval = models.DurationField(
        null=True, blank=True, help_text="A silence of three times as long is marked as a gap"
    )
    stuck_for = models.DurationField(
        null=True,
        blank=True,
        help_text="As long it may stand still; empty to learn what is usual, "
        "where equal values are doubted at all",
    )
    detect_noise_gone = models.BooleanField(
        default=True, help_text="Notice when the usual noise of its readings is lost"
    )
    detect_odd_shapes = models.BooleanField(
        default=False,
        help_text="By night, look for stretches that look like nothing in its history; for "
        "signals that repeat themselves every 6 to 303 readings",
    )

    alarm_low = models.FloatField(null=True, blank=True)
    warning_low = models.FloatField(null=True, blank=True)
    warning_high = models.FloatField(null=True, blank=True)
    alarm_high = models.FloatField(null=True, blank=True)
    warning_rate = models.FloatField(
        null=True, blank=True, help_text="Change in units per hour, up or down"
    )
    alarm_rate = models.FloatField(null=True, blank=True)

    deadband = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="So far inside a limit an anomaly is over, in the sensor's unit; empty for the "
        "share of its span, or for what is usual of its kind",
    )
    deadband_share = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Instead: a share of its span, such as 0.02",
    )
    off_delay = models.DurationField(
        null=True, blank=True, help_text="An anomaly is over when it has been calm for as long"
    )
    re_alarm_after = models.DurationField(
        null=True,
        blank=True,
        help_text="What is still active so long after it was acknowledged has to be acknowledged "
        "again; empty as the settings say, 0 never",
    )
    auto_clear_after = models.DurationField(
        null=True,
        blank=True,
        help_text="An anomaly that no reading has confirmed for so long is over; empty as the "
        "settings say, 0 never",
    )

    gate = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="gated",
        help_text="Tells by its readings whether the machine runs; while it does not, "
        "only the limits count",
    )
    runs_above = models.FloatField(
        null=True, blank=True, help_text="Of the gate; empty to learn it from its readings"
    )
    settle_time = models.DurationField(
        null=True, blank=True, help_text="After a start, until the machine counts as running"
    )

    derived_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="derived",
        help_text="Its readings are made of that sensor's waveforms",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = SensorQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="one_sensor_per_code_and_site"),
            models.CheckConstraint(
                name="plausible_range_is_not_empty",
                condition=Q(plausible_low=None)
                | Q(plausible_high=None)
                | Q(plausible_low__lt=F("plausible_high")),
            ),
            models.CheckConstraint(
                name="low_alarm_is_below_low_warning",
                condition=Q(alarm_low=None)
                | Q(warning_low=None)
                | Q(alarm_low__lte=F("warning_low")),
            ),
            models.CheckConstraint(
                name="low_warning_is_below_high_warning",
                condition=Q(warning_low=None)
                | Q(warning_high=None)
                | Q(warning_low__lt=F("warning_high")),
            ),
            models.CheckConstraint(
                name="high_warning_is_below_high_alarm",
                condition=Q(warning_high=None)
                | Q(alarm_high=None)
                | Q(warning_high__lte=F("alarm_high")),
            ),
            models.CheckConstraint(
                name="rates_are_above_zero",
                condition=(Q(warning_rate=None) | Q(warning_rate__gt=0))
                & (Q(alarm_rate=None) | Q(alarm_rate__gt=0)),
            ),
            models.CheckConstraint(
                name="warning_rate_is_below_alarm_rate",
                condition=Q(warning_rate=None)
                | Q(alarm_rate=None)
                | Q(warning_rate__lte=F("alarm_rate")),
            ),
            models.CheckConstraint(
                name="it_may_stand_still_for_some_time",
                condition=Q(stuck_for=None) | Q(stuck_for__gt=timedelta(0)),
            ),
            models.CheckConstraint(
                name="settling_takes_no_negative_time",
                condition=Q(settle_time__gte=timedelta(0)),
            ),
            models.CheckConstraint(
                name="a_deadband_is_absolute_or_a_share",
                condition=(Q(deadband=None) | Q(deadband_share=None))
                & (Q(deadband=None) | Q(deadband__gte=0))
                & (Q(deadband_share=None) | Q(deadband_share__range=(0, 1))),
            ),
            models.CheckConstraint(
                name="delays_of_a_sensor_take_no_negative_time",
                condition=(Q(off_delay=None) | Q(off_delay__gte=timedelta(0)))
                & (Q(re_alarm_after=None) | Q(re_alarm_after__gte=timedelta(0)))
                & (Q(auto_clear_after=None) | Q(auto_clear_after__gte=timedelta(0))),
            ),
            models.CheckConstraint(
                name="a_sensor_is_not_its_own_gate",
                condition=Q(gate=None) | ~Q(gate=F("id")),
            ),
            models.CheckConstraint(
                name="without_a_gate_it_runs_above_nothing",
                condition=Q(runs_above=None) | ~Q(gate=None),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def takes_waveforms(self) -> bool:
        """Whether waveforms may come from it that are worth deriving from."""
        kinds = (self.Kind.VIBRATION, self.Kind.ACOUSTIC, self.Kind.OTHER)
        return self.kind in kinds and self.derived_from_id is None

    def clean(self) -> None:
        if self.asset_id and self.site_id and self.asset.site_id != self.site_id:
            raise ValidationError({"asset": "The asset belongs to another site"})
        if self.gate and self.gate.asset_id != self.asset_id:
            raise ValidationError({"gate": "The gate is on another asset"})
        if self.pk and self.gated.exclude(asset=self.asset_id).exists():
            raise ValidationError({"asset": "It is the gate of sensors of its asset"})
