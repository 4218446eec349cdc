"""Technicians, their calendars and absences, as clients give and see them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from maintenance.models import Absence, Holiday, Shift, Technician, WorkingCalendar
from sensors.api.aside_serializers import LARGEST_ID, Strict
from sensors.api.lists import BoundedList
from sensors.models.plant import check_time_zone

MOST_SKILLS = 50
MOST_SHIFTS = 50


class SkillInSerializer(Strict):
    skill = serializers.SlugField(max_length=40)
    level = serializers.IntegerField(min_value=1, max_value=5, default=3)


class TechnicianInSerializer(Strict):
    site = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=100)
    email = serializers.EmailField(required=False, allow_blank=True)
    hourly_rate = serializers.DecimalField(8, 2, min_value=0, required=False)
    capacity_percent = serializers.IntegerField(min_value=1, max_value=100, required=False)
    calendar = serializers.IntegerField(
        min_value=1, max_value=LARGEST_ID, required=False, allow_null=True
    )
    is_active = serializers.BooleanField(required=False)
    skills = BoundedList(child=SkillInSerializer(), required=False, max_length=MOST_SKILLS)


class TechnicianChangeSerializer(TechnicianInSerializer):
    """Not a partial serializer: what is nested in it would be taken in part, too."""

    site = serializers.CharField(max_length=40, required=False)
    name = serializers.CharField(max_length=100, required=False)


class ShiftInSerializer(Strict):
    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="Monday is 0")
    starts = serializers.TimeField()
    ends = serializers.TimeField()
    break_starts = serializers.TimeField(required=False, allow_null=True, default=None)
    break_ends = serializers.TimeField(required=False, allow_null=True, default=None)


class CalendarInSerializer(Strict):
    site = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=100)
    time_zone = serializers.CharField(
        max_length=50, required=False, allow_blank=True, validators=[check_time_zone]
    )
    is_default = serializers.BooleanField(required=False)
    shifts = BoundedList(child=ShiftInSerializer(), required=False, max_length=MOST_SHIFTS)


class CalendarChangeSerializer(CalendarInSerializer):
    site = serializers.CharField(max_length=40, required=False)
    name = serializers.CharField(max_length=100, required=False)


class HolidayInSerializer(Strict):
    site = serializers.CharField(max_length=40)
    day = serializers.DateField()
    name = serializers.CharField(max_length=100)


class AbsenceInSerializer(Strict):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.ChoiceField(Absence.Reason.choices)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["ends_at"] <= attrs["starts_at"]:
            raise serializers.ValidationError(
                {"ends_at": "It ends before it starts."}, code="before_start"
            )
        return attrs


class ShiftSerializer(serializers.ModelSerializer[Shift]):
    class Meta:
        model = Shift
        fields = ["weekday", "starts", "ends", "break_starts", "break_ends"]


class CalendarSerializer(serializers.ModelSerializer[WorkingCalendar]):
    site = serializers.CharField(source="site.code")
    time_zone = serializers.CharField(source="zone.key")
    shifts = ShiftSerializer(many=True)

    class Meta:
        model = WorkingCalendar
        fields = ["id", "site", "name", "time_zone", "is_default", "shifts"]


class HolidaySerializer(serializers.ModelSerializer[Holiday]):
    site = serializers.CharField(source="site.code")

    class Meta:
        model = Holiday
        fields = ["id", "site", "day", "name"]


class AbsenceSerializer(serializers.ModelSerializer[Absence]):
    technician_id = serializers.IntegerField()

    class Meta:
        model = Absence
        fields = ["id", "technician_id", "starts_at", "ends_at", "reason", "note"]


class HeldSkillSerializer(serializers.Serializer[Any]):
    skill = serializers.CharField(source="skill.code")
    level = serializers.IntegerField()


class TechnicianSerializer(serializers.ModelSerializer[Technician]):
    """A technician without the hourly rate, which is between planners and the person."""

    site = serializers.CharField(source="site.code")
    skills = HeldSkillSerializer(source="skill_levels", many=True)
    calendar = serializers.IntegerField(source="calendar_id", allow_null=True)

    class Meta:
        model = Technician
        fields = [
            "id",
            "site",
            "name",
            "email",
            "capacity_percent",
            "calendar",
            "is_active",
            "skills",
        ]
