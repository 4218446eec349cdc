"""Hours, parts, standstill, comments and files of an order, as clients see and say them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from maintenance.models import Attachment, Comment, Downtime, Labour, PartUsed
from sensors.api.aside_serializers import LARGEST_ID, Strict

SMALLEST = Decimal("0.001")


class LabourSerializer(serializers.ModelSerializer[Labour]):
    """Rate and cost only `with_rates`: what people earn is between planners and them."""

    technician_id = serializers.IntegerField()
    hours = serializers.FloatField()
    cost = serializers.DecimalField(max_digits=None, decimal_places=2)

    class Meta:
        model = Labour
        fields = [
            "id",
            "technician_id",
            "person",
            "started_at",
            "ended_at",
            "hours",
            "hourly_rate",
            "cost",
            "booked_by",
            "booked_at",
        ]

    def to_representation(self, labour: Labour) -> dict[str, Any]:
        shown = super().to_representation(labour)
        if not self.context.get("with_rates"):
            del shown["hourly_rate"], shown["cost"]
        return shown


class LabourInSerializer(Strict):
    """Who worked: a technician, or anybody else by name."""

    technician = serializers.IntegerField(
        min_value=1, max_value=LARGEST_ID, required=False, allow_null=True, default=None
    )
    person = serializers.CharField(max_length=100, required=False, allow_blank=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    hourly_rate = serializers.DecimalField(
        max_digits=8, decimal_places=2, min_value=0, required=False, allow_null=True
    )


class PartUsedSerializer(serializers.ModelSerializer[PartUsed]):
    cost = serializers.DecimalField(max_digits=None, decimal_places=2)

    class Meta:
        model = PartUsed
        fields = [
            "id",
            "name",
            "number",
            "quantity",
            "unit_cost",
            "cost",
            "booked_by",
            "booked_at",
        ]


class PartUsedInSerializer(Strict):
    name = serializers.CharField(max_length=200)
    number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    quantity = serializers.DecimalField(10, 3, min_value=SMALLEST, required=False)
    unit_cost = serializers.DecimalField(10, 2, min_value=0, required=False)


class DowntimeSerializer(serializers.ModelSerializer[Downtime]):
    class Meta:
        model = Downtime
        fields = [
            "id",
            "started_at",
            "ended_at",
            "reason",
            "is_planned",
            "note",
            "recorded_by",
        ]


class DowntimeInSerializer(Strict):
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(required=False, allow_null=True)
    reason = serializers.ChoiceField(Downtime.Reason.choices)
    is_planned = serializers.BooleanField(required=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class DowntimeEndSerializer(Strict):
    ended_at = serializers.DateTimeField()


class CommentSerializer(serializers.ModelSerializer[Comment]):
    class Meta:
        model = Comment
        fields = ["id", "words", "author", "written_at"]


class CommentInSerializer(Strict):
    words = serializers.CharField(max_length=4_000)


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = ["id", "name", "content_type", "size", "added_by", "added_at", "url"]

    def get_url(self, row: Attachment) -> str:
        return f"/api/v1/work-orders/{row.work_order_id}/attachments/{row.pk}"


class AttachmentInSerializer(Strict):
    """What the file may be is told by the rules, which look into it."""

    file = serializers.FileField(allow_empty_file=True)
