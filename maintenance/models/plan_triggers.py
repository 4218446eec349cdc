"""What makes a plan due, when nothing is to be done, and what became of its dates."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from maintenance.models.plans import Plan
from maintenance.models.work_orders import WorkOrder
from maintenance.plans import recurrence
from maintenance.plans.clocks import Calendar, Clock, Meter
from maintenance.plans.metering import OF_A_LEVEL, Measure
from maintenance.plans.recurrence import Rule, RuleError
from maintenance.plans.seasons import Season
from sensors.access import Principal, Right
from sensors.models import Sensor

# A rate over less says too little of what is to come.
SEEN_FOR = timedelta(days=1)


class CalendarTrigger(models.Model):
    """Dates by a rule, in local time: 06:00 stays 06:00 when the clocks change."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="calendars")
    rule = models.CharField(
        max_length=recurrence.LONGEST_RULE, help_text="Such as FREQ=MONTHLY;INTERVAL=3 (RFC 5545)"
    )
    first_on = models.DateField(help_text="The first day; the rule counts from it")
    at = models.TimeField("at (local time)")
    due_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.rule} at {self.at:%H:%M}"

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first_on, self.at)

    def clean(self) -> None:
        if not (self.rule and self.first_on and self.at and self.plan.has_zone):
            return  # Told by the fields themselves.
        try:
            rule = recurrence.check(self.rule, self.start, self.plan.zone)
        except RuleError as exc:
            raise ValidationError({"rule": ValidationError(str(exc), code=exc.code)}) from exc
        if self.plan.anchor == Plan.Anchor.COMPLETION and not rule.is_distance:
            words = "Counted from the completion, a rule says FREQ and INTERVAL only."
            fault = ValidationError(words, code="rule_not_from_completion")
            raise ValidationError({"rule": fault})

    def clock(self, plan: Plan, now: datetime) -> Calendar:
        return Calendar(Rule.read(self.rule), self.start, plan.zone, self.due_at)

    def take(self, clock: Clock) -> None:
        self.due_at = clock.due_at
        self.save(update_fields=["due_at"])


class MeterTrigger(models.Model):
    """Every so many units of what a sensor's readings are counted for."""

    MEASURES = [
        (Measure.RUNNING_HOURS, "Running hours: time above the level"),
        (Measure.CYCLES, "Cycles: times it came above the level"),
        (Measure.COUNTER, "Growth of a value that counts up"),
        (Measure.AMOUNT, "Amount: value times hours"),
    ]

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="meters")
    sensor = models.ForeignKey(Sensor, models.PROTECT, related_name="+")
    measure = models.CharField(max_length=13, choices=MEASURES)
    level = models.FloatField(null=True, blank=True, help_text="Of running hours and cycles")
    every = models.FloatField(validators=[MinValueValidator(0.001), MaxValueValidator(1e12)])
    amount = models.FloatField(
        "counted",
        default=0.0,
        validators=[MinValueValidator(-1e12), MaxValueValidator(1e12)],
        help_text="Since it was last due",
    )
    total = models.FloatField(default=0.0, editable=False, help_text="Since counting began")
    counts_from = models.DateTimeField(default=timezone.now, editable=False)
    counted_until = models.DateTimeField(default=timezone.now, editable=False)
    looked_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(measure__in=[m.value for m in OF_A_LEVEL], level__isnull=False)
                | (~Q(measure__in=[m.value for m in OF_A_LEVEL]) & Q(level=None)),
                name="a_level_goes_with_hours_and_cycles",
                violation_error_code="level_does_not_fit",
                violation_error_message="Running hours and cycles have a level, others none.",
            ),
            models.CheckConstraint(condition=Q(every__gt=0), name="a_meter_comes_round"),
        ]
        indexes = [models.Index(fields=["looked_at"], name="meters_by_look")]

    def __str__(self) -> str:
        return f"every {self.every:g} {self.unit} of {self.sensor}"

    @property
    def unit(self) -> str:
        unit = self.sensor.unit
        by_measure = {
            Measure.RUNNING_HOURS: "h",
            Measure.CYCLES: "cycles",
            Measure.AMOUNT: f"{unit}·h".removeprefix("·"),
        }
        return by_measure.get(Measure(self.measure), unit)

    @property
    def rate(self) -> float | None:
        """Units per second, over all that was counted; None where that is too little."""
        seen_for = self.counted_until - self.counts_from
        if seen_for < SEEN_FOR or self.total <= 0:
            return None
        return self.total / seen_for.total_seconds()

    def clean(self) -> None:
        asset_id = self.plan.asset_id
        if self.sensor_id and asset_id and self.sensor.site_id != self.plan.asset.site_id:
            fault = ValidationError("The sensor is at another site.", code="sensor_elsewhere")
            raise ValidationError({"sensor": fault})

    def clock(self, plan: Plan, now: datetime) -> Meter:
        return Meter(self.every, self.amount, self.counted_until, self.rate, now)

    def take(self, clock: Clock) -> None:
        assert isinstance(clock, Meter)
        self.amount = clock.amount
        self.save(update_fields=["amount"])


MONTH = [MinValueValidator(1), MaxValueValidator(12)]
DAY = [MinValueValidator(1), MaxValueValidator(31)]


class QuietSeason(models.Model):
    """Days of each year, the first and the last among them, on which nothing is done."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="quiet_seasons")
    first_month = models.PositiveSmallIntegerField(validators=MONTH)
    first_day = models.PositiveSmallIntegerField(default=1, validators=DAY)
    last_month = models.PositiveSmallIntegerField(validators=MONTH)
    last_day = models.PositiveSmallIntegerField(default=31, validators=DAY)

    class Meta:
        ordering = ["first_month", "first_day"]

    def __str__(self) -> str:
        return (
            f"{self.first_month:02}-{self.first_day:02} to {self.last_month:02}-{self.last_day:02}"
        )

    @property
    def season(self) -> Season:
        return Season((self.first_month, self.first_day), (self.last_month, self.last_day))


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(plan__asset__site__in=sites)


class Occurrence(models.Model):
    """What became of one date of a plan."""

    class State(models.TextChoices):
        GENERATED = "generated", "Order made"
        # An order that was open stands for it, or one that a season moved to the same day.
        COALESCED = "coalesced", "Joined an order"
        # It was past before anybody looked; a later date's order stands for it.
        MISSED = "missed", "Missed"
        SUPPRESSED = "suppressed", "Left out by a season"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="occurrences")
    falls_at = models.DateTimeField(help_text="By the plan's triggers")
    due_at = models.DateTimeField(null=True, blank=True, help_text="Later if moved by a season")
    state = models.CharField(max_length=10, choices=State)
    order = models.ForeignKey(
        WorkOrder, models.PROTECT, null=True, blank=True, related_name="occurrences"
    )
    asked_by = models.CharField(max_length=150, blank=True, help_text="Empty where it fell due")
    logged_at = models.DateTimeField()

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        ordering = ["-falls_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "falls_at"], name="one_occurrence_per_plan_and_moment"
            ),
            models.CheckConstraint(
                condition=Q(state="suppressed", order=None)
                | (~Q(state="suppressed") & Q(order__isnull=False)),
                name="what_was_not_left_out_has_an_order",
            ),
            models.CheckConstraint(
                condition=Q(due_at=None) | Q(due_at__gte=F("falls_at")),
                name="a_season_moves_dates_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.falls_at:%Y-%m-%d %H:%M} {self.get_state_display()}"
