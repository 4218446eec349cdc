"""When people work: weekly shifts, the holidays of a site, absences of technicians."""

from __future__ import annotations

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from maintenance.models.people import Technician, WorkingCalendar
from maintenance.scheduling.shifts import WeeklyShift
from sensors.access import Principal, Right
from sensors.models import Site


class Shift(models.Model):
    """One shift of the week, by the clocks of the calendar's time zone. One that ends
    earlier on the clock than it starts goes over midnight."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    calendar = models.ForeignKey(WorkingCalendar, models.CASCADE, related_name="shifts")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts = models.TimeField()
    ends = models.TimeField()
    break_starts = models.TimeField(null=True, blank=True)
    break_ends = models.TimeField(null=True, blank=True)

    class Meta:
        ordering = ["weekday", "starts"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "weekday", "starts"], name="one_shift_per_start"
            ),
            models.CheckConstraint(condition=~Q(starts=F("ends")), name="a_shift_lasts_some_time"),
            models.CheckConstraint(
                condition=Q(break_starts=None, break_ends=None)
                | (
                    Q(break_starts__isnull=False, break_ends__isnull=False)
                    & ~Q(break_starts=F("break_ends"))
                ),
                name="a_break_has_a_start_and_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"

    def clean(self) -> None:
        complete = self.starts and self.ends and self.weekday is not None
        if complete and (fault := self.weekly().fault()):
            raise ValidationError(fault, code="shift_does_not_fit")

    def weekly(self) -> WeeklyShift:
        """The shift as the pure rules know it."""
        pause = (self.break_starts, self.break_ends)
        return WeeklyShift(self.weekday, self.starts, self.ends, *pause)


class Holiday(models.Model):
    """A day on which no shift begins at a site. One that began the evening before goes on."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["site", "day"], name="one_holiday_per_day_and_site")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(technician__site__in=sites)


class Absence(models.Model):
    """A time in which a technician does not work. Work that was booked before stays where
    it is, and is moved by the next plan of the site."""

    class Reason(models.TextChoices):
        VACATION = "vacation"
        SICK = "sick"
        TRAINING = "training"
        OTHER = "other"

    technician = models.ForeignKey(Technician, models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField("from")
    ends_at = models.DateTimeField("to")
    reason = models.CharField(max_length=8, choices=Reason)
    note = models.CharField(max_length=200, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="an_absence_ends_after_it_started"
            )
        ]

    def __str__(self) -> str:
        return f"{self.technician} away from {self.starts_at:%Y-%m-%d %H:%M}"
