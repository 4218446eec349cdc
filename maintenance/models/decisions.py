"""What people decided about an order. Machines leave their trace on the order itself."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from maintenance.models.work_orders import WorkOrder


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
