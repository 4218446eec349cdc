from __future__ import annotations

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from maintenance import policy
from maintenance.events import acknowledged
from maintenance.models.work_orders import WorkOrder
from sensors.access import Principal, Right
from sensors.models import Asset, Sensor


class Severity(models.IntegerChoices):
    LOW = policy.Severity.LOW
    MEDIUM = policy.Severity.MEDIUM
    HIGH = policy.Severity.HIGH
    CRITICAL = policy.Severity.CRITICAL


class AnomalyQuerySet(models.QuerySet["Anomaly"]):
    def open(self) -> Self:
        """Episodes that have not ended."""
        return self.filter(ended_at=None)

    def with_status(self, status: str) -> Self:
        """Episodes of one derived status, see Anomaly.status."""
        Status = self.model.Status
        return self.filter(
            ended_at__isnull=status in (Status.ACTIVE_UNACK, Status.ACTIVE_ACK),
            acknowledged_at__isnull=status in (Status.ACTIVE_UNACK, Status.CLEARED_UNACK),
        )

    def undecided(self) -> Self:
        """Episodes that are new or have become worse since the last decision."""
        return self.filter(decision_pending=True)

    def with_plant(self) -> Self:
        return self.select_related("sensor", "asset__site")

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(asset__site__in=sites)

    def acknowledge(self, user: models.Model) -> int:
        """Note that a person has seen these. Says how many were not yet."""
        with transaction.atomic():
            rows = self.model.objects.filter(pk__in=self.order_by().values("pk"))
            unseen = rows.filter(acknowledged_at=None).order_by("pk")
            ids = list(unseen.select_for_update(no_key=True).values_list("pk", flat=True))
            self.model.objects.filter(pk__in=ids).update(
                acknowledged_at=timezone.now(), acknowledged_by=user
            )
            acknowledged.send(self.model, anomalies=ids)
        return len(ids)


class Anomaly(models.Model):
    """Abnormal readings of an asset that belong together, from the first to the last.

    What each detector saw of it are its symptoms. What stands here is put together from
    them: sensor, detector, peak and reason are those of the worst.
    """

    class Kind(models.TextChoices):
        HIGH_LIMIT = "high_limit"
        LOW_LIMIT = "low_limit"
        DEVIATION = "deviation"
        RATE_OF_CHANGE = "rate"
        STUCK = "stuck"
        SILENCE = "silence"
        NOISE_GONE = "noise_gone"
        ODD_SHAPE = "odd_shape"

    class Status(models.TextChoices):
        """ISA-18.2: active or cleared, acknowledged or not. Derived, never stored."""

        ACTIVE_UNACK = "ACTIVE_UNACK", "Active, unacknowledged"
        ACTIVE_ACK = "ACTIVE_ACK", "Active, acknowledged"
        CLEARED_UNACK = "CLEARED_UNACK", "Cleared, unacknowledged"
        CLEARED_ACK = "CLEARED_ACK", "Cleared, acknowledged"

    class Verdict(models.TextChoices):
        """What a person found out about it; these become labels."""

        CONFIRMED = "confirmed", "Confirmed"
        FALSE_POSITIVE = "false_positive", "False positive"
        EXPECTED_OPERATION = "expected_operation", "Expected operation"
        SENSOR_FAULT = "sensor_fault", "Sensor fault"
        DUPLICATE = "duplicate", "Duplicate"
        INCONCLUSIVE = "inconclusive", "Inconclusive"

    class Suppression(models.TextChoices):
        """Why it is recorded and counted, but not announced and not decided about."""

        SHELVED = "shelved", "Shelved by a person"
        WINDOW = "window", "Maintenance window"
        PARENT = "parent", "Alarm on the asset it is a part of"
        ORDER = "order", "Work in progress on the asset"

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="anomalies")
    sensor = models.ForeignKey(Sensor, models.PROTECT, related_name="anomalies")
    kind = models.CharField(max_length=12, choices=Kind)
    detector = models.CharField(max_length=60, help_text="Which detector and version said so")

    detected_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When it was noticed"
    )
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    scored_until = models.DateTimeField(
        editable=False, help_text="Readings from before come late and change nothing"
    )
    peak_at = models.DateTimeField()
    peak_value = models.FloatField()

    severity = models.PositiveSmallIntegerField(choices=Severity, help_text="Now")
    severity_worst = models.PositiveSmallIntegerField(choices=Severity)
    score = models.FloatField(help_text="Now; 1 is the alarm line")
    score_worst = models.FloatField()
    reason = models.CharField(max_length=300)
    evidence = models.JSONField(default=dict)
    contributions = models.JSONField(
        default=dict, help_text="By code of the sensor; together 1. Candidates, not the cause"
    )
    is_joint = models.BooleanField(
        default=False, editable=False, help_text="Takes in what else deviates on the asset"
    )
    correlation_ids = ArrayField(
        models.CharField(max_length=64), default=list, help_text="Requests that brought it"
    )

    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verdict = models.CharField(max_length=18, choices=Verdict, blank=True)
    verdict_note = models.CharField(max_length=500, blank=True)
    verdict_by = models.CharField(max_length=150, blank=True, editable=False)
    verdict_at = models.DateTimeField(null=True, blank=True, editable=False)
    shelved_until = models.DateTimeField(null=True, blank=True, editable=False)
    shelved_by = models.CharField(max_length=150, blank=True, editable=False)
    shelved_reason = models.CharField(max_length=500, blank=True, editable=False)
    suppression = models.CharField(
        max_length=8, choices=Suppression, blank=True, editable=False, help_text="Now; empty: none"
    )
    credibility = models.FloatField(
        null=True, blank=True, editable=False, help_text="0 to 1: how likely it is real"
    )
    credibility_rules = models.JSONField(
        default=list, editable=False, help_text="What each rule contributed, in words and numbers"
    )
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="merged"
    )
    decision_pending = models.BooleanField(default=True, editable=False)
    work_order = models.ForeignKey(
        WorkOrder, models.SET_NULL, null=True, blank=True, related_name="anomalies"
    )

    objects = AnomalyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "anomalies"
        constraints = [
            models.UniqueConstraint(
                fields=["sensor", "kind"],
                condition=Q(ended_at=None, is_joint=False),
                name="one_open_anomaly_per_sensor_and_kind",
            ),
            models.UniqueConstraint(
                fields=["asset", "kind"],
                condition=Q(ended_at=None, is_joint=True),
                name="one_open_joint_anomaly_per_asset_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="an_anomaly_ends_after_it_began",
            ),
        ]
        indexes = [
            models.Index(fields=["-started_at"], name="latest_anomalies"),
            models.Index(
                fields=["asset"], name="undecided_anomalies", condition=Q(decision_pending=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.sensor}"

    @property
    def is_active(self) -> bool:
        return self.ended_at is None

    @property
    def status(self) -> Status:
        acknowledged = "ACK" if self.acknowledged_at else "UNACK"
        return self.Status(f"{'ACTIVE' if self.is_active else 'CLEARED'}_{acknowledged}")
