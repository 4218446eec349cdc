"""Who is to work on which order, and when. The database sees to it that nobody is booked twice."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateTimeRangeField,
    RangeBoundary,
    RangeOperators,
)
from django.db import models
from django.db.models import ExpressionWrapper, F, Func, Q, Value
from django.db.models.functions import Least
from django.utils import timezone

from maintenance.models.people import Technician
from maintenance.models.work_orders import WorkOrder
from sensors.access import Principal, Right

OVERLAP = "a_technician_is_booked_once_at_a_time"
# Ranges have an operator class of GiST; for the bare id it would take an extension.
ONE_TECHNICIAN = Func(
    F("technician"),
    F("technician"),
    Value("[]"),
    function="int8range",
    output_field=BigIntegerRangeField(),
)
DURING = Func(
    F("starts_at"),
    F("ends_at"),
    RangeBoundary(),
    function="tstzrange",
    output_field=DateTimeRangeField(),
)


class BookingQuerySet(models.QuerySet["Booking"]):
    def standing(self) -> Self:
        """Those that were not cancelled: only they take anybody's time."""
        return self.filter(cancelled_at=None)

    def overlapping(self, start: datetime, end: datetime) -> Self:
        """Those with a part in the half-open interval [start, end)."""
        return self.filter(starts_at__lt=end, ends_at__gt=start)

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(technician__site__in=sites)

    def free(self, *, after: datetime | None = None) -> int:
        """Cancel those that stand; with `after`, only what of them lies after it."""
        now = timezone.now()
        changed: dict[str, Any] = {"sequence": F("sequence") + 1, "changed_at": now}
        if after is None:
            return self.standing().update(cancelled_at=now, **changed)
        begun = self.standing().filter(starts_at__lt=after, ends_at__gt=after)
        worked = ExpressionWrapper(Value(after) - F("starts_at"), models.DurationField())
        begun.update(ends_at=after, work=Least(F("work"), worked), **changed)
        return self.standing().filter(starts_at__gte=after).update(cancelled_at=now, **changed)


class Booking(models.Model):
    """A stretch of one technician's time for one order, breaks of the shift included.

    Work that outlasts a shift has several, numbered in `part`. A cancelled one stays on
    record, so that calendars which took it over learn that it is off.
    """

    technician = models.ForeignKey(Technician, models.PROTECT, related_name="bookings")
    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="bookings")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="Excluded")
    work = models.DurationField(default=timedelta(), help_text="Without breaks")
    part = models.PositiveSmallIntegerField(default=1)
    is_pinned = models.BooleanField(default=False, help_text="Plans leave it where it is")
    explanation = models.JSONField(
        default=dict, blank=True, help_text="Why here: on the first part only"
    )
    booked_by = models.CharField(max_length=150, blank=True, help_text="Empty: a plan")
    booked_at = models.DateTimeField(default=timezone.now, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)

    # What calendars that took it over go by (RFC 5545).
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="a_booking_ends_after_it_started"
            ),
            models.UniqueConstraint(
                fields=["work_order", "part"],
                condition=Q(cancelled_at=None),
                name="one_booking_per_part_of_an_order",
            ),
            ExclusionConstraint(
                name=OVERLAP,
                expressions=[
                    (ONE_TECHNICIAN, RangeOperators.OVERLAPS),
                    (DURING, RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at=None),
                violation_error_code="slot_taken",
                violation_error_message="The technician is booked at that time.",
            ),
        ]
        indexes = [
            models.Index(fields=["technician", "starts_at"], name="bookings_of_technicians")
        ]

    def __str__(self) -> str:
        return f"{self.work_order.number} from {self.starts_at:%Y-%m-%d %H:%M}"
