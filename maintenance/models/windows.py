"""Times in which people work on the plant, and alarms say nothing that they do not know."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from maintenance.anomalies.recurring import LONGEST, Recurrence, RecurrenceError
from sensors.access import Principal, Right
from sensors.models import Asset, Site
from sensors.models.plant import check_time_zone


class MaintenanceWindowQuerySet(models.QuerySet["MaintenanceWindow"]):
    def passed(self, now: datetime) -> Self:
        """Windows whose next time is over: it has to be said when the one after it is."""
        return self.filter(next_end__lte=now)

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(site__in=sites)


class MaintenanceWindow(models.Model):
    """A time, once or again and again, in which what an asset and its parts do is no news.

    Anomalies in it are recorded and counted, but not announced, and its time is not learnt
    from. `next_start` and `next_end` are the time that goes on or comes next: the pipeline
    compares two columns and never works out a rule.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="maintenance_windows")
    asset = models.ForeignKey(
        Asset,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="maintenance_windows",
        help_text="With all that is a part of it; empty for all of the site",
    )
    reason = models.CharField(max_length=200)
    starts_at = models.DateTimeField(help_text="Of the first time, where it comes again")
    duration = models.DurationField()
    rrule = models.CharField(
        "comes again",
        max_length=200,
        blank=True,
        help_text="A rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=SU; empty for once",
    )
    time_zone = models.CharField(
        max_length=50,
        blank=True,
        validators=[check_time_zone],
        help_text="Of the clock that the rule goes by; empty for that of the site",
    )
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_start = models.DateTimeField(null=True, blank=True, editable=False)
    next_end = models.DateTimeField(null=True, blank=True, editable=False)
    changed_by = models.CharField(max_length=150, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = MaintenanceWindowQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(duration__gt=timedelta(0)), name="a_window_lasts_some_time"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_end"], name="windows_ahead", condition=Q(next_end__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} ({self.asset.tag if self.asset else self.site})"

    @property
    def recurrence(self) -> Recurrence:
        zone = self.time_zone or self.site.time_zone
        return Recurrence(self.starts_at, self.duration, self.rrule, zone)

    def clean(self) -> None:
        """Faults by field. Fields that are wrong by themselves are named already."""
        if self.asset and self.asset.site_id != self.site_id:
            raise ValidationError({"asset": "The asset belongs to another site"})
        if self.duration is not None and not timedelta(0) < self.duration <= LONGEST:
            raise ValidationError({"duration": f"More than 0 and {LONGEST.days} days at most"})
        if self.starts_at is None or self.duration is None or not self.site_id:
            return
        if self.time_zone and self.time_zone not in available_timezones():
            return
        try:
            self.recurrence.check()
        except RecurrenceError as exc:
            raise ValidationError({exc.field: ValidationError(str(exc), code=exc.code)}) from exc

    def look_ahead(self, now: datetime | None = None) -> None:
        """Set the time that goes on or comes next; none if it is over or was cancelled."""
        after = now or timezone.now()
        ahead = None if self.cancelled_at else self.recurrence.next_after(after)
        self.next_start, self.next_end = ahead or (None, None)

    def spans(self, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
        """Its times between two moments, as far as they came before it was cancelled."""
        if self.cancelled_at:
            until = min(until, self.cancelled_at)
        return self.recurrence.spans(since, until)
