"""Plans of whole sites: asked for, worked out, perhaps applied."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from sensors.access import Principal, Right
from sensors.models import Site


class SitePlanQuerySet(models.QuerySet["SitePlan"]):
    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(site__in=sites)

    def unfinished(self) -> Self:
        Status = self.model.Status
        return self.filter(status__in=(Status.WAITING, Status.RUNNING))

    def claim(self, pk: int) -> bool:
        """Take one that waits. False if somebody else has it, or had."""
        Status = self.model.Status
        return self._move(pk, Status.WAITING, status=Status.RUNNING)

    def report(self, pk: int, percent: int) -> bool:
        """Note how far one that runs has come. False if it is not to run any more."""
        return self._move(pk, self.model.Status.RUNNING, percent=percent)

    def finish(self, pk: int, result: dict[str, Any]) -> bool:
        now, Status = timezone.now(), self.model.Status
        fields: dict[str, Any] = {"status": Status.DONE, "percent": 100, "result": result}
        return self._move(pk, Status.RUNNING, finished_at=now, **fields)

    def close_failed(self, error: str) -> int:
        """Note that those which have not ended gave up; says how many."""
        now = timezone.now()
        return self.unfinished().update(
            status=self.model.Status.FAILED, error=error[:1000], finished_at=now, updated_at=now
        )

    def _move(self, pk: int, status_before: str, **fields: Any) -> bool:
        fields["updated_at"] = timezone.now()
        return self.filter(pk=pk, status=status_before).update(**fields) == 1


class SitePlan(models.Model):
    """WAITING -> RUNNING -> DONE, and from the first two -> FAILED."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    site = models.ForeignKey(Site, models.CASCADE, related_name="plans_of_work")
    days = models.PositiveSmallIntegerField(default=28, help_text="How far ahead is planned")
    apply = models.BooleanField(default=False, help_text="Else it only says what it would do")
    asked_by = models.CharField(max_length=150, blank=True)
    asker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="Empty where a key asked",
    )
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    # What is placed, moved, kept and left, see scheduling/results.py.
    result = models.JSONField(null=True, blank=True)
    error = models.CharField(max_length=1000, blank=True)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = SitePlanQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(status__in=("waiting", "running")),
                name="one_plan_of_a_site_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"plan {self.pk} of {self.site}"
