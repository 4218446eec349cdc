from __future__ import annotations

from typing import Any

from rest_framework import serializers

from maintenance.models import Anomaly, Severity, Symptom, WorkOrder

Slug = serializers.SlugRelatedField[Any]


class SeverityField(serializers.Field):
    """A severity as the word that the filters take, too."""

    def to_representation(self, value: int) -> str:
        return Severity(value).name.lower()


class SymptomSerializer(serializers.ModelSerializer[Symptom]):
    """What one detector saw; without a sensor it is of the asset as a whole."""

    sensor_id: Slug = serializers.SlugRelatedField(
        slug_field="code", read_only=True, source="sensor"
    )

    class Meta:
        model = Symptom
        fields = [
            "sensor_id",
            "kind",
            "detector",
            "started_at",
            "last_seen_at",
            "ended_at",
            "peak_at",
            "peak_value",
            "score",
            "score_worst",
            "reason",
            "evidence",
        ]


class AnomalySerializer(serializers.ModelSerializer[Anomaly]):
    asset: Slug = serializers.SlugRelatedField(slug_field="tag", read_only=True)
    sensor_id: Slug = serializers.SlugRelatedField(
        slug_field="code", read_only=True, source="sensor"
    )
    status = serializers.CharField()
    severity = SeverityField()
    severity_worst = SeverityField()
    work_order: Slug = serializers.SlugRelatedField(slug_field="number", read_only=True)
    symptoms = SymptomSerializer(many=True, read_only=True)

    class Meta:
        model = Anomaly
        fields = [
            "id",
            "asset",
            "sensor_id",
            "kind",
            "status",
            "detector",
            "detected_at",
            "started_at",
            "last_seen_at",
            "ended_at",
            "peak_at",
            "peak_value",
            "severity",
            "severity_worst",
            "score",
            "score_worst",
            "reason",
            "evidence",
            "contributions",
            "symptoms",
            "correlation_ids",
            "acknowledged_at",
            "work_order",
        ]


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
