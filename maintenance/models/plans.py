"""Work that is done before anything fails: what, how often, and with what."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ObjectDoesNotExist
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from maintenance.models.checklists import ChecklistTemplate
from maintenance.models.people import LEVEL, Skill
from maintenance.models.work_orders import WorkOrder
from maintenance.plans import clocks
from maintenance.plans.clocks import Clock, Habits
from maintenance.policy import Priority
from sensors.access import Principal, Right
from sensors.models import Asset
from sensors.models.plant import check_time_zone

LONGEST_WORK = timedelta(days=90)
LONGEST_LEAD = timedelta(days=366)
# How far ahead the next date is looked for behind those that a season leaves out.
MOST_LEFT_OUT = 400


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(asset__site__in=sites)

    def active(self) -> Self:
        return self.filter(is_active=True)

    def to_look_at(self, now: datetime) -> Self:
        """Those for which there may be something to do."""
        return self.active().filter(look_at__lte=now).order_by("look_at")

    def left_waiting(self) -> Self:
        """Those whose order has come to an end, and that have not heard of it."""
        still_open = WorkOrder.objects.open().filter(pk=OuterRef("awaits"))
        return self.filter(~Exists(still_open), awaits__isnull=False).order_by("pk")

    def locked(self, *, skip_locked: bool = False) -> Self:
        return self.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)

    def with_triggers(self) -> Self:
        named = self.select_related("asset__site", "checklist", "awaits")
        return named.prefetch_related(
            "calendars", "meters__sensor", "quiet_seasons", "required_skills__skill", "parts"
        )


class Plan(models.Model):
    """What is to be done on an asset again and again, and when.

    `next_due_at` and `look_at` follow from its triggers and are kept by reckon().
    """

    class Needs(models.TextChoices):
        ANY = "any", "Any of its triggers"
        ALL = "all", "All of its triggers"

    class Anchor(models.TextChoices):
        """What the dates are counted from."""

        FIXED = "fixed", "Fixed: they stay, whenever the work is done"
        COMPLETION = "completion", "Counted from when the work was done"

    class InSeason(models.TextChoices):
        MOVE = "move", "Moved to the end of the season"
        SKIP = "skip", "Left out"

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="plans")
    title = models.CharField(max_length=180)
    description = models.TextField(blank=True, max_length=10_000)
    priority = models.CharField(
        max_length=2, choices=[(p.value, p.value) for p in Priority], default=Priority.P3
    )
    planned_duration = models.DurationField(
        default=timedelta(hours=1),
        validators=[MinValueValidator(timedelta(minutes=1)), MaxValueValidator(LONGEST_WORK)],
        help_text="How long the work takes one technician",
    )
    checklist = models.ForeignKey(
        ChecklistTemplate, models.PROTECT, null=True, blank=True, related_name="plans"
    )
    skills = models.ManyToManyField(Skill, through="PlanSkill", blank=True, related_name="+")
    is_active = models.BooleanField(default=True)
    time_zone = models.CharField(
        max_length=50,
        blank=True,
        validators=[check_time_zone],
        help_text="Of its dates; empty for that of the site",
    )
    lead_time = models.DurationField(
        default=timedelta(0),
        validators=[MinValueValidator(timedelta(0)), MaxValueValidator(LONGEST_LEAD)],
        help_text="How long before it is due the order is made",
    )
    needs = models.CharField(max_length=3, choices=Needs, default=Needs.ANY)
    anchor = models.CharField("dates", max_length=10, choices=Anchor, default=Anchor.FIXED)
    in_season = models.CharField(
        max_length=4,
        choices=InSeason,
        default=InSeason.MOVE,
        help_text="What happens to dates in a quiet season",
    )

    next_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    look_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When there may be something to do"
    )
    awaits = models.OneToOneField(
        WorkOrder,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="The order whose end it waits for",
    )
    planned_by = models.CharField(max_length=150, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["asset__tag", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "title"],
                name="one_plan_per_asset_and_title",
                violation_error_code="title_taken",
                violation_error_message="The asset has another plan of this title.",
            ),
            models.CheckConstraint(
                condition=Q(lead_time__gte=timedelta(0)) & Q(planned_duration__gt=timedelta(0)),
                name="a_plan_leads_and_takes_time",
            ),
        ]
        indexes = [
            models.Index(fields=["look_at"], name="plans_to_look_at", condition=Q(is_active=True)),
            models.Index(F("next_due_at").asc(nulls_last=True), name="plans_by_next_due"),
        ]

    def __str__(self) -> str:
        return f"{self.asset.tag}: {self.title}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone) if self.time_zone else self.asset.site.zone

    @property
    def has_zone(self) -> bool:
        """Whether it is known by which clock it goes: not so in forms that say nonsense."""
        try:
            return bool(self.zone)
        except (ObjectDoesNotExist, ZoneInfoNotFoundError, ValueError, OSError):
            return False

    @property
    def habits(self) -> Habits:
        return Habits(
            zone=self.zone,
            needs_all=self.needs == self.Needs.ALL,
            from_completion=self.anchor == self.Anchor.COMPLETION,
            seasons=tuple(season.season for season in self.quiet_seasons.all()),
            skips=self.in_season == self.InSeason.SKIP,
        )

    def triggers(self) -> list[Any]:
        return [*self.calendars.all(), *self.meters.all()]

    def clocks(self, now: datetime) -> list[Clock]:
        return [trigger.clock(self, now) for trigger in self.triggers()]

    def take(self, clocks: list[Clock]) -> None:
        """Keep what has become of its triggers; in the order of triggers()."""
        for trigger, clock in zip(self.triggers(), clocks, strict=True):
            trigger.take(clock)

    def open_order(self) -> WorkOrder | None:
        return self.work_orders.open().first()

    def falls_at(self, now: datetime) -> datetime | None:
        """The next date that its triggers make, whether or not a season leaves it out. None
        too while it waits for its order to be completed and is counted from then."""
        if self.awaits_id and self.anchor == self.Anchor.COMPLETION:
            return None
        return clocks.falls_at(self.clocks(now), self.habits.needs_all)

    def settle(self, now: datetime, *, anew: bool) -> None:
        """Look ahead after somebody changed the plan. Calendars that are new, or with `anew`
        all whose dates are fixed, begin at the next date: what lies before is not made up for,
        nor is a date seen to twice."""
        fell = self.occurrences.filter(asked_by="").order_by("-falls_at").first()
        after = max(now, fell.falls_at) if fell else now
        for calendar in self.calendars.all():
            if calendar.due_at is None or (anew and self.anchor == self.Anchor.FIXED):
                calendar.take(calendar.clock(self, now).first(after))
        self.reckon(now)

    def reckon(self, now: datetime) -> None:
        """Put down when it is due next, and when to look at it again."""
        falls_at, habits = self.falls_at(now), self.habits
        due_at = habits.due(falls_at) if falls_at else None
        self.look_at = due_at or falls_at
        if self.look_at and not self.awaits_id:
            # With an order open, nothing is to do before a further date has come.
            self.look_at -= self.lead_time
        if falls_at and not due_at:
            until = falls_at + clocks.TOO_FAR
            ahead = clocks.coming(self.clocks(now), habits, until, MOST_LEFT_OUT)
            due_at = next((date.due_at for date in ahead if date.due_at), None)
        self.next_due_at = due_at
        self.save(update_fields=["next_due_at", "look_at"])


class PlanSkill(models.Model):
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="required_skills")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(default=1, validators=LEVEL, help_text="At least")

    class Meta:
        verbose_name = "required skill"
        constraints = [
            models.UniqueConstraint(fields=["plan", "skill"], name="one_level_per_plan_and_skill")
        ]

    def __str__(self) -> str:
        return f"{self.skill} from level {self.level}"


class Part(models.Model):
    """A part that the work is expected to take; what it took is a PartUsed."""

    name = models.CharField(max_length=200)
    number = models.CharField(max_length=60, blank=True, help_text="The plant's or the maker's")
    quantity = models.DecimalField(
        max_digits=10,
        decimal_places=3,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.001"))],
    )
    unit_cost = models.DecimalField(
        max_digits=10, decimal_places=2, default=Decimal(0), validators=[MinValueValidator(0)]
    )

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} × {self.name}"


class PlanPart(Part):
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="parts")

    class Meta(Part.Meta):
        verbose_name = "part"


class PlannedPart(Part):
    """A part that an order is expected to take: the plan may change, what was planned for
    the order does not."""

    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="planned_parts")
