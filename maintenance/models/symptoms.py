from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from maintenance import policy
from maintenance.models.anomalies import Anomaly
from sensors.models import Asset, Sensor

# Asset, sensor and kind: at most one open symptom each.
Stream = tuple[int, int | None, str]


class SymptomQuerySet(models.QuerySet["Symptom"]):
    def open(self) -> Self:
        return self.filter(ended_at=None)

    def kinds_of_sensors(self, sensors: Iterable[int]) -> set[tuple[int, str]]:
        """Of which sensors which kinds of symptom have not ended."""
        return set(self.open().filter(sensor__in=sensors).values_list("sensor", "kind"))


class Symptom(models.Model):
    """An episode as one detector sees it. Those that belong together are one anomaly."""

    class Kind(models.TextChoices):
        HIGH_LIMIT = "high_limit"
        LOW_LIMIT = "low_limit"
        DEVIATION = "deviation"
        # Of an asset: its sensors no longer go together as they used to.
        RELATION = "relation"
        RATE_OF_CHANGE = "rate"
        STUCK = "stuck"
        NO_DATA = "no_data", "No data"
        JUMP = "jump", "Impossible jumps"
        NOISE_GONE = "noise_gone"
        ODD_SHAPE = "odd_shape"

    LIMITS = (Kind.HIGH_LIMIT, Kind.LOW_LIMIT, Kind.RATE_OF_CHANGE)

    anomaly = models.ForeignKey(Anomaly, models.CASCADE, related_name="symptoms")
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="symptoms")
    sensor = models.ForeignKey(
        Sensor,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="symptoms",
        help_text="Empty where it is of the asset as a whole",
    )
    foremost = models.ForeignKey(
        Sensor, models.PROTECT, related_name="+", help_text="Which has most to do with it"
    )
    kind = models.CharField(max_length=12, choices=Kind)
    detector = models.CharField(max_length=60, help_text="Which detector and version said so")

    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    scored_until = models.DateTimeField(
        editable=False, help_text="Readings from before come late and change nothing"
    )
    calm_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="While it may be about to end"
    )
    peak_at = models.DateTimeField()
    peak_value = models.FloatField()
    score = models.FloatField(help_text="Now; 1 is the alarm line")
    score_worst = models.FloatField()
    reason = models.CharField(max_length=300)
    evidence = models.JSONField(default=dict)
    correlation_ids = ArrayField(models.CharField(max_length=64), default=list)

    objects = SymptomQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "sensor", "kind"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="one_open_symptom_per_sensor_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="a_symptom_ends_after_it_began",
            ),
        ]
        indexes = [
            models.Index(
                fields=["last_seen_at"], name="unconfirmed_symptoms", condition=Q(ended_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.sensor or self.asset}"

    def give_up(self, now: datetime, why: str) -> None:
        """End it, not yet stored, because nobody can see any more whether it goes on."""
        self.ended_at = max(now, self.started_at)
        self.evidence = {**self.evidence, "given_up": why}

    @property
    def stream(self) -> Stream:
        return self.asset_id, self.sensor_id, self.kind

    @property
    def is_limit(self) -> bool:
        return self.kind in self.LIMITS

    @property
    def is_sensor_fault(self) -> bool:
        """Whether it says more of the sensor than of the machine."""
        return self.kind in policy.SENSOR_FAULTS

    @property
    def stands_alone(self) -> bool:
        """Whether it is an anomaly of its own kind: a limit is, and so is a sensor's fault."""
        return self.is_limit or self.is_sensor_fault

    @property
    def joins(self) -> bool:
        """Whether it may be one of several of an anomaly. Sensors that nobody has placed
        only happen to be on the same asset."""
        return not self.stands_alone and self.asset.tag != Asset.UNASSIGNED

    def severity_of(self, score: float) -> policy.Severity:
        return policy.severity(score, is_limit=self.is_limit, of_sensor=self.is_sensor_fault)
