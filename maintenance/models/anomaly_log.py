"""What was done about an anomaly, by whom and when: the trail that an audit asks for."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from maintenance.models.anomalies import Anomaly


class AnomalyLog(models.Model):
    """One act of a person, or of a rule, on an anomaly. Rows are never changed."""

    class Act(models.TextChoices):
        ACKNOWLEDGED = "acknowledged"
        UNACKNOWLEDGED = "unacknowledged"
        RE_ALARMED = "re_alarmed", "To be acknowledged again"
        CLEARED = "cleared", "Cleared by hand"
        AUTO_CLEARED = "auto_cleared", "Cleared, for nothing confirmed it"
        ASSIGNED = "assigned"
        SHELVED = "shelved"
        UNSHELVED = "unshelved"
        SUPPRESSED = "suppressed"
        UNSUPPRESSED = "unsuppressed", "No longer suppressed"
        VERDICT = "verdict"
        MERGED = "merged", "Merged into another"
        TOOK_IN = "took_in", "Another was merged into it"
        ORDERED = "ordered", "Work order asked for"

    anomaly = models.ForeignKey(Anomaly, models.CASCADE, related_name="log")
    act = models.CharField(max_length=14, choices=Act)
    by = models.CharField(max_length=150, blank=True, help_text="Empty where a rule did it")
    at = models.DateTimeField(default=timezone.now, editable=False)
    words = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = "act"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_act_display()} by {self.by or 'a rule'}"

    @classmethod
    def of(cls, anomaly: Anomaly, act: str, by: str = "", words: str = "") -> AnomalyLog:
        """A row, not yet stored, whose words fit."""
        return cls(anomaly=anomaly, act=act, by=by[:150], words=words[:500])
