from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Value, Window
from django.db.models.functions import Concat, RowNumber
from django.utils import timezone

from maintenance.models import Symptom
from sensors.access import Principal, Right
from sensors.models import Asset, AssetType, Sensor


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def of_the_same(self, version: ModelVersion) -> Self:
        """All versions of one kind for one sensor, one asset or one type of asset."""
        return self.filter(
            kind=version.kind,
            sensor=version.sensor_id,
            asset=version.asset_id,
            asset_type=version.asset_type_id,
        )

    def spent(self, *, before: datetime, newest: int) -> Self:
        """Versions that nothing needs any more: from before a moment, off duty, not among
        the `newest` of their kind and scope, and named by no symptom of an anomaly.

        One that a detector's state is of is needed until another has taken over.
        """
        scope = [F("kind"), F("sensor"), F("asset"), F("asset_type")]
        place = Window(RowNumber(), partition_by=scope, order_by=F("number").desc())
        older = self.model.objects.annotate(place=place).filter(place__gt=newest)
        name = Concat("kind", Value("#"), "number", output_field=models.TextField())
        naming = Symptom.objects.filter(detector=OuterRef("name"))
        of_all = Q(sensor=None, asset=None)
        old = self.filter(pk__in=older.values("pk"), is_active=False, created_at__lt=before)
        return (
            old.filter(detector_state=None)
            .alias(name=name)
            .exclude(Exists(naming.filter(sensor=OuterRef("sensor"))))
            .exclude(Exists(naming.filter(asset=OuterRef("asset"), sensor=None)))
            .exclude(of_all & Exists(naming))
        )

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        if sites is None:
            return self.all()
        return self.at_sites(sites)

    def at_sites(self, sites: Collection[int]) -> Self:
        """Those of the sites. What holds for a type of asset belongs to none, and to all."""
        of_all = Q(sensor=None, asset=None)
        return self.filter(of_all | Q(sensor__site__in=sites) | Q(asset__site__in=sites))


class ModelVersion(models.Model):
    """Something that was learnt: by which method, for what, from which data, how well."""

    kind = models.CharField(max_length=40, help_text="Name of the detector or forecaster")
    code = models.PositiveIntegerField(help_text="Version of the method itself")
    sensor = models.ForeignKey(
        Sensor, models.PROTECT, null=True, blank=True, related_name="model_versions"
    )
    asset = models.ForeignKey(
        Asset, models.PROTECT, null=True, blank=True, related_name="model_versions"
    )
    asset_type = models.ForeignKey(
        AssetType, models.PROTECT, null=True, blank=True, related_name="model_versions"
    )
    number = models.PositiveIntegerField(help_text="Counts up for each kind and scope")
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    parameters = models.JSONField(default=dict)
    # Codes in the order of the columns that it was taught.
    columns = models.JSONField(default=list, blank=True)
    learnt_from = models.DateTimeField()
    learnt_until = models.DateTimeField()
    rows = models.PositiveIntegerField()
    data_digest = models.CharField(max_length=64, help_text="SHA-256 of what it learnt from")
    artifact_digest = models.CharField(max_length=64, help_text="SHA-256 of what it learnt")
    metrics = models.JSONField(default=dict, blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sensor", "asset", "asset_type", "number"],
                nulls_distinct=False,
                name="one_model_version_per_number",
            ),
            models.UniqueConstraint(
                fields=["kind", "sensor", "asset", "asset_type"],
                condition=Q(is_active=True),
                nulls_distinct=False,
                name="one_active_model_per_kind_and_scope",
            ),
            models.CheckConstraint(
                condition=Q(sensor=None, asset=None)
                | Q(sensor=None, asset_type=None)
                | Q(asset=None, asset_type=None),
                name="a_model_is_for_a_sensor_an_asset_or_a_type",
            ),
            models.CheckConstraint(
                condition=Q(learnt_until__gte=F("learnt_from")),
                name="a_model_learns_forwards_in_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}#{self.number}"

    @transaction.atomic
    def register(self, *, on_duty: bool = True) -> None:
        """Number a new version and, if it is to be on duty, let it relieve the one before."""
        same = ModelVersion.objects.of_the_same(self)
        # Locks what is there; two first versions at once are kept apart by the constraint.
        taken = same.select_for_update().order_by("pk").values_list("number", flat=True)
        self.number = max(taken, default=0) + 1
        if on_duty:
            same.active().update(is_active=False)
        self.is_active = on_duty
        self.save(force_insert=True)
