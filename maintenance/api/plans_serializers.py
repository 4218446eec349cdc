"""What plans look like to clients, and what may be said of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from maintenance.models import (
    CalendarTrigger,
    ChecklistTemplate,
    MeterTrigger,
    Occurrence,
    Plan,
    PlanPart,
    QuietSeason,
    Skill,
)
from maintenance.models.plans import LONGEST_LEAD, LONGEST_WORK
from maintenance.plans.metering import Measure
from maintenance.policy import Priority
from sensors.api.aside_serializers import Strict
from sensors.api.lists import BoundedList
from sensors.api.named import NamedField

MOST_TRIGGERS, MOST_SEASONS, MOST_SKILLS, MOST_PARTS = 10, 12, 20, 50

Slug = serializers.SlugRelatedField[Any]


class SecondsField(serializers.IntegerField):
    """A duration in whole seconds, checked before it becomes one: those have an end, too."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return timedelta(seconds=super().run_validation(data))

    def to_representation(self, value: Any) -> int:
        return int(value.total_seconds())


def up_to(most: int, child: Strict) -> Any:
    """A list that may be left out."""
    return BoundedList(child=child, required=False, max_length=most)


class CalendarInSerializer(Strict):
    rule = serializers.CharField(max_length=200)
    first_on = serializers.DateField()
    at = serializers.TimeField()


class MeterInSerializer(Strict):
    """`sensor_id` is at the site of the plan; `counted` is what had been counted before."""

    sensor_id = serializers.CharField(max_length=100)
    measure = serializers.ChoiceField([measure.value for measure in Measure])
    level = serializers.FloatField(required=False, allow_null=True, default=None)
    every = serializers.FloatField()
    counted = serializers.FloatField(required=False)


class QuietSeasonInSerializer(Strict):
    first_month = serializers.IntegerField(min_value=1, max_value=12)
    first_day = serializers.IntegerField(min_value=1, max_value=31)
    last_month = serializers.IntegerField(min_value=1, max_value=12)
    last_day = serializers.IntegerField(min_value=1, max_value=31)


class SkillInSerializer(Strict):
    skill = NamedField(slug_field="code", queryset=Skill.objects.all())
    level = serializers.IntegerField(min_value=1, max_value=5, default=1)


class PartInSerializer(Strict):
    name = serializers.CharField(max_length=200)
    number = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    quantity = serializers.DecimalField(max_digits=10, decimal_places=3, default=Decimal(1))
    unit_cost = serializers.DecimalField(max_digits=10, decimal_places=2, default=Decimal(0))


class PlanInSerializer(Strict):
    """Form only; what of it can be so is told by the model."""

    asset = serializers.CharField(max_length=60)
    site = serializers.CharField(max_length=40, required=False)
    title = serializers.CharField(max_length=180)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    priority = serializers.ChoiceField([p.value for p in Priority], required=False)
    planned_duration_seconds = SecondsField(
        source="planned_duration",
        required=False,
        min_value=60,
        max_value=int(LONGEST_WORK.total_seconds()),
    )
    checklist = NamedField(
        slug_field="name",
        queryset=ChecklistTemplate.objects.all(),
        required=False,
        allow_null=True,
    )
    is_active = serializers.BooleanField(required=False)
    time_zone = serializers.CharField(max_length=50, required=False, allow_blank=True)
    lead_time_seconds = SecondsField(
        source="lead_time",
        required=False,
        min_value=0,
        max_value=int(LONGEST_LEAD.total_seconds()),
    )
    needs = serializers.ChoiceField(Plan.Needs.choices, required=False)
    anchor = serializers.ChoiceField(Plan.Anchor.choices, required=False)
    in_season = serializers.ChoiceField(Plan.InSeason.choices, required=False)
    calendars = up_to(MOST_TRIGGERS, CalendarInSerializer())
    meters = up_to(MOST_TRIGGERS, MeterInSerializer())
    quiet_seasons = up_to(MOST_SEASONS, QuietSeasonInSerializer())
    required_skills = up_to(MOST_SKILLS, SkillInSerializer())
    parts = up_to(MOST_PARTS, PartInSerializer())


class PlanChangeInSerializer(PlanInSerializer):
    """A plan stays with its asset. What stands in a list is said as a whole, so this is not
    the form above with `partial`, which would reach into the lists."""

    asset = None  # type: ignore[assignment]
    site = None  # type: ignore[assignment]
    title = serializers.CharField(max_length=180, required=False)


class CalendarSerializer(serializers.ModelSerializer[CalendarTrigger]):
    class Meta:
        model = CalendarTrigger
        fields = ["rule", "first_on", "at", "due_at"]


class MeterSerializer(serializers.ModelSerializer[MeterTrigger]):
    sensor_id: Slug = serializers.SlugRelatedField(
        slug_field="code", read_only=True, source="sensor"
    )
    counted = serializers.FloatField(source="amount")

    class Meta:
        model = MeterTrigger
        fields = [
            "sensor_id",
            "measure",
            "level",
            "every",
            "unit",
            "counted",
            "counted_until",
        ]


class SeasonSerializer(serializers.ModelSerializer[QuietSeason]):
    class Meta:
        model = QuietSeason
        fields = ["first_month", "first_day", "last_month", "last_day"]


class PlanPartSerializer(serializers.ModelSerializer[PlanPart]):
    class Meta:
        model = PlanPart
        fields = ["name", "number", "quantity", "unit_cost"]


class SkillSerializer(serializers.Serializer[Any]):
    skill = serializers.CharField(source="skill.code")
    level = serializers.IntegerField()


class PlanSerializer(serializers.ModelSerializer[Plan]):
    asset: Slug = serializers.SlugRelatedField(slug_field="tag", read_only=True)
    asset_id = serializers.IntegerField()
    site = serializers.CharField(source="asset.site.code")
    time_zone = serializers.CharField(source="zone.key")
    planned_duration_seconds = SecondsField(source="planned_duration")
    lead_time_seconds = SecondsField(source="lead_time")
    checklist: Slug = serializers.SlugRelatedField(slug_field="name", read_only=True)
    calendars = CalendarSerializer(many=True)
    meters = MeterSerializer(many=True)
    quiet_seasons = SeasonSerializer(many=True)
    required_skills = SkillSerializer(many=True)
    parts = PlanPartSerializer(many=True)
    open_order = serializers.CharField(source="awaits.number", default=None)

    class Meta:
        model = Plan
        fields = [
            "id",
            "asset",
            "asset_id",
            "site",
            "title",
            "description",
            "priority",
            "planned_duration_seconds",
            "checklist",
            "is_active",
            "time_zone",
            "lead_time_seconds",
            "needs",
            "anchor",
            "in_season",
            "calendars",
            "meters",
            "quiet_seasons",
            "required_skills",
            "parts",
            "next_due_at",
            "open_order",
            "planned_by",
        ]


class OccurrenceSerializer(serializers.ModelSerializer[Occurrence]):
    order: Slug = serializers.SlugRelatedField(slug_field="number", read_only=True)
    order_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = Occurrence
        fields = [
            "id",
            "falls_at",
            "due_at",
            "state",
            "order",
            "order_id",
            "asked_by",
            "logged_at",
        ]


class ComingSerializer(serializers.Serializer[Any]):
    falls_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()


class PreviewSerializer(serializers.Serializer[Any]):
    until = serializers.DateTimeField()
    is_estimate = serializers.BooleanField()
    is_cut = serializers.BooleanField()
    dates = ComingSerializer(many=True)
