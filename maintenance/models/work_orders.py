from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from maintenance.models.coding import FailureCode
from maintenance.models.people import LEVEL, Skill, Technician
from maintenance.policy import Priority
from sensors.access import Principal, Right
from sensors.models import Asset


def coded(aspect: str, related_name: str) -> Any:
    """A choice out of the failure coding."""
    return models.ForeignKey(
        FailureCode,
        models.PROTECT,
        null=True,
        blank=True,
        related_name=related_name,
        limit_choices_to={"aspect": aspect},
    )


class WorkOrderQuerySet(models.QuerySet["WorkOrder"]):
    def open(self) -> Self:
        """Orders that still ask for something to be done."""
        return self.filter(state__in=self.model.OPEN_STATES)

    def overdue(self) -> Self:
        """Orders on which the work should have been done by now."""
        return self.open().filter(due_at__lt=timezone.now())

    def predictive(self) -> Self:
        return self.filter(origin=self.model.Origin.PREDICTIVE)

    def being_watched(self) -> Self:
        """Orders whose work has still to prove itself."""
        return self.filter(verification=self.model.Verification.PENDING)

    def of(self, principal: Principal) -> Self:
        """Orders that a person is to carry out, or that the person or key has asked for."""
        mine = Q(requested_by=principal.name[:150])
        if principal.user_id is not None:
            mine |= Q(technician__user=principal.user_id)
        return self.filter(mine)

    def locked(self, pk: int) -> WorkOrder:
        """One order with its asset; nobody else changes it until the transaction is over."""
        rows = self.select_for_update(of=("self",), no_key=True)
        return rows.select_related("asset__site").get(pk=pk)

    def locked_for_decision(self, asset: Asset) -> list[WorkOrder]:
        """The open orders on an asset that anomalies may join: those that go on with an anomaly
        in another way, and then those of the software, which go before where both would do."""
        predictive = Q(origin=self.model.Origin.PREDICTIVE)
        onward = Q(pk__in=asset.anomalies.exclude(work_order=None).values("work_order"))
        rows = self.open().filter(predictive | onward, asset=asset).order_by("pk")
        found = rows.select_for_update(of=("self",), no_key=True)
        return sorted(found, key=lambda order: order.origin == self.model.Origin.PREDICTIVE)

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(asset__site__in=sites)


class WorkOrder(models.Model):
    """A piece of work on an asset. Its state changes in orders/transitions.py alone."""

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

    class HoldReason(models.TextChoices):
        WAITING_PARTS = "waiting_parts", "Waiting for parts"
        WAITING_PLANT_CONDITION = "waiting_plant_condition", "Waiting for the plant to allow it"
        WAITING_CONTRACTOR = "waiting_contractor", "Waiting for a contractor"
        WAITING_ACCESS = "waiting_access", "Waiting for access"
        WAITING_INFORMATION = "waiting_information", "Waiting for information"
        OTHER = "other", "Other"

    class FoundFault(models.TextChoices):
        YES = "yes"
        PARTLY = "partly"
        NO = "no"

    class Verification(models.TextChoices):
        """What the time after the work says of it."""

        PENDING = "pending", "Being watched"
        PROVEN = "proven", "It has not come back"
        RECURRED = "recurred", "It has come back"

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

    requested_by = models.CharField(
        max_length=150, blank=True, editable=False, help_text="Empty where a rule asked for it"
    )
    planned_duration = models.DurationField(
        default=timedelta(hours=1), help_text="How long the work takes one technician"
    )
    skills = models.ManyToManyField(
        Skill, through="RequiredSkill", blank=True, related_name="work_orders"
    )
    plan = models.ForeignKey(
        "maintenance.Plan",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="work_orders",
        help_text="Of preventive orders: what they are made by",
    )
    technician = models.ForeignKey(
        Technician, models.PROTECT, null=True, blank=True, related_name="work_orders"
    )
    scheduled_start = models.DateTimeField(null=True, blank=True)
    scheduled_end = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    overdue_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="The due date that was said to be missed"
    )
    deferred_until = models.DateTimeField(null=True, blank=True, editable=False)
    hold_reason = models.CharField(max_length=30, choices=HoldReason, blank=True)

    suspected_mode = coded("mode", "suspected_on")
    failure_mode = coded("mode", "work_orders")
    failure_cause = coded("cause", "+")
    remedy = coded("remedy", "+")
    found_fault = models.CharField(max_length=6, choices=FoundFault, blank=True)
    resolution = models.TextField(blank=True, help_text="What was found and what was done")
    verification = models.CharField(max_length=8, choices=Verification, blank=True, editable=False)
    recurrence_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="recurrences"
    )

    objects = WorkOrderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "suspected_mode"],
                condition=Q(
                    origin="predictive",
                    state__in=["proposed", "approved", "scheduled", "in_progress", "on_hold"],
                ),
                # What nobody has a failure mode for is one mode as well.
                nulls_distinct=False,
                name="one_open_predictive_order_per_asset_and_mode",
            ),
            models.UniqueConstraint(
                fields=["plan"],
                condition=Q(
                    state__in=["proposed", "approved", "scheduled", "in_progress", "on_hold"]
                ),
                name="one_open_work_order_per_plan",
            ),
        ]
        indexes = [
            models.Index(fields=["-opened_at"], name="latest_work_orders"),
            models.Index(
                fields=["completed_at"],
                name="work_orders_being_watched",
                condition=Q(verification="pending"),
            ),
            models.Index(
                fields=["deferred_until"],
                name="deferred_work_orders",
                condition=Q(deferred_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def number(self) -> str:
        return f"WO-{self.pk:06d}"


class RequiredSkill(models.Model):
    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="required_skills")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(default=1, validators=LEVEL, help_text="At least")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["work_order", "skill"], name="one_level_per_order_and_skill"
            )
        ]

    def __str__(self) -> str:
        return f"{self.skill} from level {self.level}"


class WorkOrderTransition(models.Model):
    """One step in the life of an order: who moved it, when and why."""

    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="transitions")
    from_state = models.CharField(max_length=11, choices=WorkOrder.State)
    to_state = models.CharField(max_length=11, choices=WorkOrder.State)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(
        max_length=150, blank=True, help_text="Also of a key; empty where a rule moved it"
    )
    reason = models.CharField(max_length=500, blank=True)
    hold_reason = models.CharField(max_length=30, choices=WorkOrder.HoldReason, blank=True)
    moved_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
