"""What people decided about an order, and what machines may decide without them.

Machines leave their trace on the order itself.
"""

from __future__ import annotations

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F
from django.utils import timezone

from maintenance import policy
from maintenance.models.checklists import ChecklistTemplate
from maintenance.models.people import LEVEL, Skill
from maintenance.models.work_orders import WorkOrder
from sensors.models import Asset, AssetType

SHARE = [MinValueValidator(0), MaxValueValidator(1)]


class Decision(models.Model):
    """One decision of a person about a proposed order; only this lets work be scheduled."""

    class Choice(models.TextChoices):
        APPROVE = "approve"
        MODIFY = "modify", "Approve with changes"
        REJECT = "reject"
        DEFER = "defer"

    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="decisions")
    choice = models.CharField(max_length=7, choices=Choice)
    justification = models.CharField(max_length=1_000)
    defer_until = models.DateTimeField(null=True, blank=True)
    changes = models.JSONField(default=dict, help_text="By field, what was and what is")
    decided_by = models.CharField(max_length=150, editable=False)
    decided_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(choice="defer", defer_until__isnull=False)
                | (~models.Q(choice="defer") & models.Q(defer_until=None)),
                name="only_a_deferral_says_until_when",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_choice_display()} by {self.decided_by}"


class DecisionPolicyQuerySet(models.QuerySet["DecisionPolicy"]):
    def for_asset(self, asset: Asset) -> DecisionPolicy:
        """The policy of the asset's type, else that of all types, else to suggest only."""
        of_type = models.Q(asset_type=None) | models.Q(asset_type=asset.type_id)
        found = self.filter(of_type).order_by(F("asset_type").asc(nulls_last=True)).first()
        return found or self.model()


class DecisionPolicy(models.Model):
    """How far the software may go with the anomalies of a type of asset."""

    class Mode(models.TextChoices):
        SUGGEST = policy.Mode.SUGGEST, "Suggest work, a planner decides"
        DRAFT_WORK_ORDER = policy.Mode.DRAFT_WORK_ORDER, "Plan the work as well, a planner decides"
        AUTO_APPROVE = policy.Mode.AUTO_APPROVE, "Approve what is credible and severe by itself"

    class Severity(models.IntegerChoices):
        """As of anomalies, which stand above this module."""

        LOW = policy.Severity.LOW
        MEDIUM = policy.Severity.MEDIUM
        HIGH = policy.Severity.HIGH
        CRITICAL = policy.Severity.CRITICAL

    asset_type = models.ForeignKey(
        AssetType,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="decision_policies",
        help_text="Empty for all types without one of their own",
    )
    mode = models.CharField(max_length=16, choices=Mode, default=Mode.SUGGEST)
    min_credibility = models.FloatField(
        default=0.9, validators=SHARE, help_text="Approved by itself from here on, 0 to 1"
    )
    min_severity = models.PositiveSmallIntegerField(
        choices=Severity, default=Severity.HIGH, help_text="Approved by itself from here on"
    )
    planned_duration = models.DurationField(
        default=timedelta(hours=1), help_text="Put on planned orders"
    )
    checklist = models.ForeignKey(
        ChecklistTemplate,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Put on planned orders",
    )

    objects = DecisionPolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "decision policies"
        constraints = [
            models.UniqueConstraint(
                fields=["asset_type"],
                nulls_distinct=False,
                name="one_decision_policy_per_asset_type",
            ),
            models.CheckConstraint(
                condition=models.Q(min_credibility__range=(0, 1)),
                name="a_credibility_is_between_0_and_1",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_mode_display()}: {self.asset_type or 'all types'}"

    @property
    def terms(self) -> policy.Terms:
        """What the rules need to know of it."""
        return policy.Terms(
            mode=policy.Mode(self.mode),
            credibility=self.min_credibility,
            severity=policy.Severity(self.min_severity),
        )


class PolicySkill(models.Model):
    """A skill that is put on planned orders."""

    policy = models.ForeignKey(DecisionPolicy, models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(default=1, validators=LEVEL, help_text="At least")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "skill"], name="one_level_per_policy_and_skill"
            )
        ]

    def __str__(self) -> str:
        return f"{self.skill} from level {self.level}"
