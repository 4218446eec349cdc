"""Who else is told as long as nobody acknowledges."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from maintenance.models.anomalies import Anomaly
from maintenance.models.audiences import Audience, Reach, ReachQuerySet
from maintenance.models.work_orders import WorkOrder

A_WEEK = 7 * 24 * 60


class EscalationPolicy(Reach):
    """Steps that are taken until somebody acknowledges."""

    class Watched(models.TextChoices):
        ANOMALIES = "anomalies", "Anomalies until they are acknowledged or over"
        ORDERS = "orders", "Proposed orders until they are decided"

    watches = models.CharField(max_length=9, choices=Watched, default=Watched.ANOMALIES)

    objects = ReachQuerySet.as_manager()

    class Meta(Reach.Meta):
        verbose_name_plural = "escalation policies"


class EscalationStep(Audience):
    policy = models.ForeignKey(EscalationPolicy, models.CASCADE, related_name="steps")
    after_minutes = models.PositiveIntegerField(
        validators=[MaxValueValidator(A_WEEK)], help_text="Counted from the event"
    )

    class Meta:
        ordering = ["after_minutes"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "after_minutes"], name="one_step_per_policy_and_minute"
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy} after {self.after_minutes} min"

    @property
    def after(self) -> timedelta:
        return timedelta(minutes=self.after_minutes)


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def running(self) -> Self:
        return self.filter(stopped_at=None)

    def due(self, now: datetime) -> Self:
        return self.filter(next_step_at__lte=now).order_by("next_step_at")

    def stop(self, why: str) -> list[int]:
        """End those that run, and return their ids. One that takes a step now is waited for."""
        locked = self.running().order_by("pk").select_for_update(no_key=True)
        ids = list(locked.values_list("pk", flat=True))
        self.model.objects.filter(pk__in=ids).update(
            stopped_at=timezone.now(), stopped_why=why, next_step_at=None
        )
        return ids


class Escalation(models.Model):
    """How far a policy has come with one anomaly or one order."""

    policy = models.ForeignKey(EscalationPolicy, models.CASCADE, related_name="escalations")
    anomaly = models.ForeignKey(
        Anomaly, models.CASCADE, null=True, blank=True, related_name="escalations"
    )
    work_order = models.ForeignKey(
        WorkOrder, models.CASCADE, null=True, blank=True, related_name="escalations"
    )
    started_at = models.DateTimeField(default=timezone.now)
    steps_taken = models.PositiveSmallIntegerField(default=0)
    # Minutes of the last step: a policy may be changed while it runs.
    reached = models.IntegerField(default=-1, editable=False)
    next_step_at = models.DateTimeField(null=True, help_text="Empty when no step is left")
    stopped_at = models.DateTimeField(null=True)
    stopped_why = models.CharField(max_length=100, blank=True)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "anomaly"],
                condition=Q(stopped_at=None),
                name="one_running_escalation_per_anomaly",
            ),
            models.UniqueConstraint(
                fields=["policy", "work_order"],
                condition=Q(stopped_at=None),
                name="one_running_escalation_per_order",
            ),
            models.CheckConstraint(
                condition=Q(anomaly=None, work_order__isnull=False)
                | Q(anomaly__isnull=False, work_order=None),
                name="an_escalation_is_about_one_thing",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_step_at"],
                name="escalation_steps_ahead",
                condition=Q(next_step_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy}: {self.anomaly or self.work_order}"
