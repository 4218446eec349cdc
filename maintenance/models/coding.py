"""What failed, why, and what helped: short lists to choose from, in the way of ISO 14224."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models

from sensors.models import Asset, AssetType, Sensor

# In place of a kind of sensor: the anomaly says that the sensor itself is at fault.
OF_SENSOR = "sensor"


class FailureCodeQuerySet(models.QuerySet["FailureCode"]):
    def for_asset(self, asset: Asset) -> Self:
        """What may be chosen for an asset: the codes of its type, and those of all types."""
        of_type = models.Q(asset_type=None) | models.Q(asset_type=asset.type_id)
        return self.filter(of_type, is_active=True)

    def choices_for(self, asset: Asset, aspect: str) -> Self:
        """The codes of one aspect, those of the asset's own type first."""
        own_first = models.F("asset_type").asc(nulls_last=True)
        return self.for_asset(asset).filter(aspect=aspect).order_by(own_first, "code")

    def named(self, asset: Asset, aspect: str, code: str) -> FailureCode | None:
        """What a code means for an asset: its own type's before that of all types."""
        return self.choices_for(asset, aspect).filter(code=code).first()

    def modes_by_kind(self, asset: Asset) -> dict[str, FailureCode]:
        """Which failure mode is suspected when a kind of sensor shows something: of several
        the first by code, and one of the asset's own type before one of all types."""
        modes: dict[str, FailureCode] = {}
        for mode in self.choices_for(asset, self.model.Aspect.MODE):
            for kind in mode.sensor_kinds:
                modes.setdefault(kind, mode)
        return modes


class FailureCode(models.Model):
    """One word of the failure coding of a type of equipment, which planners edit."""

    class Aspect(models.TextChoices):
        """Failure modes, failure causes and maintenance activities of ISO 14224, annex B."""

        MODE = "mode", "Failure mode"
        CAUSE = "cause", "Failure cause"
        REMEDY = "remedy", "Remedy"

    aspect = models.CharField(max_length=6, choices=Aspect)
    asset_type = models.ForeignKey(
        AssetType,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="failure_codes",
        help_text="Empty for all types",
    )
    code = models.CharField(max_length=10, help_text="Such as VIB")
    name = models.CharField(max_length=100, help_text="Such as Vibration")
    sensor_kinds = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="Of a failure mode: kinds of sensors in which it shows, or “sensor” for "
        "faults of sensors themselves",
    )
    is_active = models.BooleanField(default=True, help_text="May be chosen for new orders")

    objects = FailureCodeQuerySet.as_manager()

    class Meta:
        ordering = ["aspect", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["aspect", "asset_type", "code"],
                nulls_distinct=False,
                name="one_failure_code_per_aspect_and_type",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def clean(self) -> None:
        if self.sensor_kinds and self.aspect != self.Aspect.MODE:
            raise ValidationError({"sensor_kinds": "Only failure modes show in sensors."})
        if odd := sorted(set(self.sensor_kinds) - {*Sensor.Kind, OF_SENSOR}):
            raise ValidationError({"sensor_kinds": f"There is no kind {odd[0]!r}."})
