from __future__ import annotations

from typing import Any

from rest_framework import serializers

from maintenance.models import WorkOrder

Slug = serializers.SlugRelatedField[Any]


class NotificationSummary(serializers.Serializer):
    """Who was told about an order. Recipients are left to the admin."""

    event = serializers.CharField()
    channel = serializers.CharField()
    status = serializers.CharField()
    sent_at = serializers.DateTimeField()


class WorkOrderSerializer(serializers.ModelSerializer[WorkOrder]):
    number = serializers.CharField()
    asset: Slug = serializers.SlugRelatedField(slug_field="tag", read_only=True)
    notifications = NotificationSummary(many=True, read_only=True)

    class Meta:
        model = WorkOrder
        fields = [
            "id",
            "number",
            "asset",
            "origin",
            "state",
            "priority",
            "title",
            "description",
            "recommendation",
            "opened_at",
            "due_at",
            "decision",
            "notifications",
        ]
