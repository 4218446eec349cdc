"""Who carries out the work, and what he or she knows how to do."""

from __future__ import annotations

from decimal import Decimal
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from sensors.access import Principal, Right
from sensors.models import Site
from sensors.models.plant import check_time_zone

LEVEL = [MinValueValidator(1), MaxValueValidator(5)]


class Skill(models.Model):
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WorkingCalendarQuerySet(models.QuerySet["WorkingCalendar"]):
    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(site__in=sites)


class WorkingCalendar(models.Model):
    """The weekly shifts of people who work alike. A site has one for whoever has no other."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="calendars")
    name = models.CharField(max_length=100)
    time_zone = models.CharField(
        max_length=50, blank=True, validators=[check_time_zone], help_text="Empty: the site's"
    )
    is_default = models.BooleanField(
        default=False, help_text="Of technicians of the site that have no calendar of their own"
    )

    objects = WorkingCalendarQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "name"], name="one_calendar_per_name_and_site"
            ),
            models.UniqueConstraint(
                fields=["site"], condition=Q(is_default=True), name="one_default_calendar_per_site"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone or self.site.time_zone)


class TechnicianQuerySet(models.QuerySet["Technician"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(site__in=sites)


class Technician(models.Model):
    """A person, or a contractor, to whom work can be given."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="technicians")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="technician",
        help_text="Empty for people who do not log in",
    )
    name = models.CharField(max_length=100)
    email = models.EmailField(blank=True)
    hourly_rate = models.DecimalField(
        max_digits=8, decimal_places=2, default=Decimal(0), validators=[MinValueValidator(0)]
    )
    skills = models.ManyToManyField(Skill, through="TechnicianSkill", related_name="technicians")
    calendar = models.ForeignKey(
        WorkingCalendar,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="technicians",
        help_text="Empty: the default one of the site",
    )
    capacity_percent = models.PositiveSmallIntegerField(
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="How much of each shift may be planned; the rest is for what nobody planned",
    )
    is_active = models.BooleanField(default=True)

    objects = TechnicianQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "name"], name="one_technician_per_name_and_site"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.calendar and self.calendar.site_id != self.site_id:
            raise ValidationError({"calendar": "The calendar belongs to another site"})


class TechnicianSkill(models.Model):
    technician = models.ForeignKey(Technician, models.CASCADE, related_name="skill_levels")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(
        default=3, validators=LEVEL, help_text="1 learns it, 3 does it alone, 5 teaches it"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["technician", "skill"], name="one_level_per_technician_and_skill"
            )
        ]

    def __str__(self) -> str:
        return f"{self.skill} {self.level}"
