"""The plant: sites, their assets, and the sensors on them (ISO 14224 calls these tags)."""

from __future__ import annotations

import zoneinfo
from datetime import timedelta
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from sensors.access import Principal, Right


def check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name} is not a time zone, such as Europe/Berlin")


class Site(models.Model):
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=50, default="UTC", validators=[check_time_zone])

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class AssetType(models.Model):
    """A class of equipment, such as centrifugal pump (ISO 14224 equipment class)."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AssetQuerySet(models.QuerySet["Asset"]):
    def unassigned(self, site_id: int) -> Asset:
        """The asset that holds sensors nobody has placed yet."""
        asset, _ = self.get_or_create(
            site_id=site_id, tag=self.model.UNASSIGNED, defaults={"name": "Unassigned"}
        )
        return asset

    def machines(self) -> Self:
        """Without those that only hold sensors which nobody has placed."""
        return self.exclude(tag=self.model.UNASSIGNED)

    def locked(self) -> Self:
        """Lock the rows in one order; what points to them may still be stored."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)


class Asset(models.Model):
    class Criticality(models.IntegerChoices):
        """What the plant loses when the asset stands still."""

        LOW = 1
        MEDIUM = 2
        HIGH = 3
        CRITICAL = 4

    UNASSIGNED = "UNASSIGNED"

    site = models.ForeignKey(Site, models.PROTECT, related_name="assets")
    type = models.ForeignKey(
        AssetType, models.PROTECT, null=True, blank=True, related_name="assets"
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    tag = models.CharField(max_length=60, help_text="The plant's own number, such as P-101")
    name = models.CharField(max_length=100)
    criticality = models.PositiveSmallIntegerField(choices=Criticality, default=Criticality.MEDIUM)

    objects = AssetQuerySet.as_manager()

    class Meta:
        ordering = ["tag"]
        constraints = [
            models.UniqueConstraint(fields=["site", "tag"], name="one_asset_per_tag_and_site")
        ]

    def __str__(self) -> str:
        return f"{self.tag} {self.name}"

    def clean(self) -> None:
        if self.parent and self.parent.site_id != self.site_id:
            raise ValidationError({"parent": "The parent belongs to another site"})
        if self.pk and self.parent and self.pk in self.parent.lineage():
            raise ValidationError({"parent": "The asset would be a part of itself"})
        if self.pk and (self.sensors.exists() or self.children.exists()):
            stored = Asset.objects.get(pk=self.pk)
            if stored.site_id != self.site_id:
                raise ValidationError("An asset with sensors or parts stays at its site")

    def lineage(self) -> list[int]:
        """Ids of the asset and of all that it is a part of."""
        above: list[int] = []
        asset: Asset | None = self
        while asset and asset.pk not in above:
            above.append(asset.pk)
            asset = asset.parent
        return above


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

    alarm_low = models.FloatField(null=True, blank=True)
    warning_low = models.FloatField(null=True, blank=True)
    warning_high = models.FloatField(null=True, blank=True)
    alarm_high = models.FloatField(null=True, blank=True)
    warning_rate = models.FloatField(
        null=True, blank=True, help_text="Change in units per hour, up or down"
    )
    alarm_rate = models.FloatField(null=True, blank=True)

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

    def clean(self) -> None:
        if self.asset_id and self.site_id and self.asset.site_id != self.site_id:
            raise ValidationError({"asset": "The asset belongs to another site"})
        if self.gate and self.gate.asset_id != self.asset_id:
            raise ValidationError({"gate": "The gate is on another asset"})
        if self.pk and self.gated.exclude(asset=self.asset_id).exists():
            raise ValidationError({"asset": "It is the gate of sensors of its asset"})
