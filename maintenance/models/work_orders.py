from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from maintenance.policy import Priority
from sensors.access import Principal, Right
from sensors.models import Asset


class WorkOrderQuerySet(models.QuerySet["WorkOrder"]):
    def open(self) -> Self:
        """Orders that still ask for something to be done."""
        return self.filter(state__in=self.model.OPEN_STATES)

    def overdue(self) -> Self:
        """Orders on which the work should have been done by now."""
        return self.open().filter(due_at__lt=timezone.now())

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(asset__site__in=sites)


class WorkOrder(models.Model):
    """A piece of work on an asset. Its state changes in transitions.py alone."""

    class State(models.TextChoices):
        PROPOSED = "proposed"
        APPROVED = "approved"
        SCHEDULED = "scheduled"
        IN_PROGRESS = "in_progress"
        ON_HOLD = "on_hold"
        COMPLETED = "completed"
        CLOSED = "closed"
        CANCELLED = "cancelled"

    class Origin(models.TextChoices):
        PREDICTIVE = "predictive"
        PREVENTIVE = "preventive"
        CORRECTIVE = "corrective"
        REQUEST = "request"

    OPEN_STATES = (
        State.PROPOSED,
        State.APPROVED,
        State.SCHEDULED,
        State.IN_PROGRESS,
        State.ON_HOLD,
    )

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="work_orders")
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.PREDICTIVE)
    state = models.CharField(max_length=11, choices=State, default=State.PROPOSED)
    priority = models.CharField(max_length=2, choices=[(p.value, p.value) for p in Priority])
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    recommendation = models.TextField(blank=True)
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField()
    decision = models.JSONField(
        default=dict, editable=False, help_text="What the policy saw and which rules it took"
    )

    objects = WorkOrderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset"],
                condition=Q(
                    origin="predictive",
                    state__in=["proposed", "approved", "scheduled", "in_progress", "on_hold"],
                ),
                name="one_open_predictive_work_order_per_asset",
            )
        ]
        indexes = [models.Index(fields=["-opened_at"], name="latest_work_orders")]
        permissions = [("approve_workorder", "Can approve work orders")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def number(self) -> str:
        return f"WO-{self.pk:06d}"


class WorkOrderTransition(models.Model):
    """One step in the life of an order: who moved it, when and why."""

    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="transitions")
    from_state = models.CharField(max_length=11, choices=WorkOrder.State)
    to_state = models.CharField(max_length=11, choices=WorkOrder.State)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)
    moved_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
