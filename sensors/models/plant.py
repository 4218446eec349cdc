"""The plant: sites and their assets; what they measure is in sensors.py."""

from __future__ import annotations

import zoneinfo
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models


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
