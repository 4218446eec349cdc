from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from maintenance.models.anomaly_queries import AnomalyQuerySet, Severity
from maintenance.models.work_orders import WorkOrder
from sensors.models import Asset, Sensor

__all__ = ["Anomaly", "AnomalyQuerySet", "Severity"]


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
        NO_DATA = "no_data", "No data"
        JUMP = "jump", "Impossible jumps"
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

    # What these were is how the machine is meant to run: it is learnt from.
    NORMAL_VERDICTS = (Verdict.FALSE_POSITIVE, Verdict.EXPECTED_OPERATION)

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
    verdict_at = models.DateTimeField("judged at", null=True, blank=True, editable=False)
    shelved_until = models.DateTimeField(null=True, blank=True, editable=False)
    shelved_by = models.CharField(max_length=150, blank=True, editable=False)
    shelved_reason = models.CharField(max_length=500, blank=True, editable=False)
    suppression = models.CharField(
        max_length=8, choices=Suppression, blank=True, editable=False, help_text="Now; empty: none"
    )
    suppressed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when, or for the last time"
    )
    announced_severity = models.PositiveSmallIntegerField(
        null=True, blank=True, editable=False, help_text="The worst that was told of it"
    )
    re_alarm_at = models.DateTimeField(
        "alarms again at",
        null=True,
        blank=True,
        editable=False,
        help_text="It has to be acknowledged again then",
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
            models.Index(
                fields=["re_alarm_at"],
                name="anomalies_to_alarm_again",
                condition=Q(re_alarm_at__isnull=False),
            ),
            # Few have not ended: whether they are suppressed is looked at each minute.
            models.Index(fields=["asset"], name="open_anomalies", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.sensor}"

    @property
    def is_active(self) -> bool:
        return self.ended_at is None

    @property
    def is_shelved(self) -> bool:
        return self.shelved_until is not None and self.shelved_until > timezone.now()

    @property
    def status(self) -> Status:
        acknowledged = "ACK" if self.acknowledged_at else "UNACK"
        return self.Status(f"{'ACTIVE' if self.is_active else 'CLEARED'}_{acknowledged}")

    @property
    def detector_name(self) -> str:
        """Its detector without the version."""
        return self.detector.partition("#")[0]
