"""Bookings and plans, as clients ask for them and see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from rest_framework import serializers

from maintenance.models import Booking, SitePlan
from maintenance.scheduling.asking import MOST_DAYS
from sensors.api.aside_serializers import LARGEST_ID, Strict
from sensors.api.filters import MomentField

LONGEST = timedelta(days=93)
USUAL = timedelta(days=7)
LAST = datetime.max.replace(tzinfo=UTC)


class ScheduleForm(forms.Form):
    """Which stretch of whose schedule; without times, the seven days from now."""

    site = forms.CharField(max_length=40)
    technician = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    to = MomentField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = MomentField(required=False)

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if self.errors:
            return asked
        asked["from"] = asked.get("from") or timezone.now()
        # Taken off, and not added on: there is nothing after the year 9999.
        asked["to"] = asked.get("to") or min(asked["from"], LAST - USUAL) + USUAL
        if not timedelta() < asked["to"] - asked["from"] <= LONGEST:
            words = f"It ends after it starts, and {LONGEST.days} days after that at most."
            self.add_error("to", ValidationError(words, code="interval"))
        return asked


class SlotsForm(forms.Form):
    """From when on to look, and how many offers to tell."""

    limit = forms.IntegerField(required=False, min_value=1, max_value=50)
    technician = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = MomentField(required=False)


class ScheduleInSerializer(Strict):
    technician = serializers.IntegerField(
        min_value=1, max_value=LARGEST_ID, required=False, allow_null=True, default=None
    )
    start = serializers.DateTimeField(required=False, allow_null=True, default=None)
    pin = serializers.BooleanField(default=False)


class UnscheduleInSerializer(Strict):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class PlanInSerializer(Strict):
    site = serializers.CharField(max_length=40)
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=28)
    apply = serializers.BooleanField(default=False)


class BookingSerializer(serializers.ModelSerializer[Booking]):
    """A stretch of a technician's time; why it is there stands with the first part."""

    technician = serializers.SerializerMethodField()
    order = serializers.IntegerField(source="work_order_id")
    number = serializers.CharField(source="work_order.number")
    title = serializers.CharField(source="work_order.title")
    asset = serializers.CharField(source="work_order.asset.tag")
    priority = serializers.CharField(source="work_order.priority")
    state = serializers.CharField(source="work_order.state")
    due_at = serializers.DateTimeField(source="work_order.due_at")
    work_hours = serializers.SerializerMethodField()

    class Meta:
        model = Booking
        fields = [
            "id",
            "technician",
            "order",
            "number",
            "title",
            "asset",
            "priority",
            "state",
            "due_at",
            "starts_at",
            "ends_at",
            "work_hours",
            "part",
            "is_pinned",
            "explanation",
            "booked_by",
            "booked_at",
        ]

    def get_technician(self, booking: Booking) -> dict[str, Any]:
        return {"id": booking.technician_id, "name": booking.technician.name}

    def get_work_hours(self, booking: Booking) -> float:
        return round(booking.work.total_seconds() / 3_600, 2)


class SitePlanSerializer(serializers.ModelSerializer[SitePlan]):
    site = serializers.CharField(source="site.code")

    class Meta:
        model = SitePlan
        fields = [
            "id",
            "site",
            "days",
            "apply",
            "status",
            "percent",
            "asked_by",
            "asked_at",
            "finished_at",
            "error",
        ]


class SitePlanResultSerializer(SitePlanSerializer):
    class Meta(SitePlanSerializer.Meta):
        fields = [*SitePlanSerializer.Meta.fields, "result"]
