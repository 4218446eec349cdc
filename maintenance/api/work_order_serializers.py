"""What work orders look like: short in lists, whole where one is asked for."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from maintenance.api.anomaly_serializers import SeverityField
from maintenance.api.execution_serializers import (
    AttachmentSerializer,
    CommentSerializer,
    DowntimeSerializer,
    LabourSerializer,
    PartUsedSerializer,
)
from maintenance.api.order_log_serializers import (
    ChecklistPointSerializer,
    DecisionSerializer,
    OrderNameSerializer,
    TransitionSerializer,
)
from maintenance.api.plans_serializers import SecondsField, SkillSerializer
from maintenance.models import Anomaly, FailureCode, WorkOrder
from maintenance.orders.costs import costs_of
from maintenance.orders.transitions import TRANSITIONS


def allowed_from(state: str) -> list[str]:
    """The states that an order may move to, as a 409 names them."""
    return [str(to_state) for to_state in TRANSITIONS[state]]


class CodeNameSerializer(serializers.ModelSerializer[FailureCode]):
    class Meta:
        model = FailureCode
        fields = ["code", "name"]


class TechnicianNameSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class NotificationSummary(serializers.Serializer[Any]):
    """Who was told about an order. Recipients are left to the admin."""

    event = serializers.CharField()
    channel = serializers.CharField()
    status = serializers.CharField()
    sent_at = serializers.DateTimeField()


class LinkedAnomalySerializer(serializers.ModelSerializer[Anomaly]):
    sensor_id = serializers.CharField(source="sensor.code")
    status = serializers.CharField()
    severity_worst = SeverityField()

    class Meta:
        model = Anomaly
        fields = ["id", "sensor_id", "kind", "status", "severity_worst", "credibility", "verdict"]


class CostsSerializer(serializers.Serializer[Any]):
    """Money has two decimals, and the currency of the plant."""

    labour_hours = serializers.FloatField()
    labour = serializers.DecimalField(max_digits=None, decimal_places=2)
    parts = serializers.DecimalField(max_digits=None, decimal_places=2)
    total = serializers.DecimalField(max_digits=None, decimal_places=2)
    downtime_hours = serializers.FloatField()


class WorkOrderSerializer(serializers.ModelSerializer[WorkOrder]):
    number = serializers.CharField()
    asset = serializers.CharField(source="asset.tag")
    site = serializers.CharField(source="asset.site.code")
    technician = TechnicianNameSerializer()

    class Meta:
        model = WorkOrder
        fields = [
            "id",
            "number",
            "asset",
            "site",
            "origin",
            "state",
            "priority",
            "title",
            "requested_by",
            "opened_at",
            "due_at",
            "deferred_until",
            "technician",
            "scheduled_start",
            "scheduled_end",
            "hold_reason",
            "verification",
        ]


class WholeOrderSerializer(WorkOrderSerializer):
    """One order with all that hangs on it. Of each list it has the latest: see whole_orders."""

    planned_duration_seconds = SecondsField(source="planned_duration")
    skills = SkillSerializer(source="required_skills", many=True)
    suspected_mode = CodeNameSerializer()
    failure_mode = CodeNameSerializer()
    failure_cause = CodeNameSerializer()
    remedy = CodeNameSerializer()
    plan_id = serializers.IntegerField()
    recurrence_of = OrderNameSerializer()
    follow_ups = OrderNameSerializer(source="latest_recurrences", many=True)
    allowed = serializers.SerializerMethodField()
    costs = serializers.SerializerMethodField()
    anomalies = LinkedAnomalySerializer(source="latest_anomalies", many=True)
    decisions = DecisionSerializer(source="latest_decisions", many=True)
    transitions = TransitionSerializer(source="latest_transitions", many=True)
    checklist = ChecklistPointSerializer(many=True)
    labour = LabourSerializer(source="latest_labour", many=True)
    parts = PartUsedSerializer(source="latest_parts", many=True)
    downtime = DowntimeSerializer(source="latest_downtime", many=True)
    comments = CommentSerializer(source="latest_comments", many=True)
    attachments = AttachmentSerializer(source="latest_attachments", many=True)
    notifications = NotificationSummary(source="latest_notifications", many=True)

    class Meta(WorkOrderSerializer.Meta):
        fields = [
            *WorkOrderSerializer.Meta.fields,
            "allowed",
            "description",
            "recommendation",
            "planned_duration_seconds",
            "skills",
            "plan_id",
            "started_at",
            "completed_at",
            "closed_at",
            "suspected_mode",
            "found_fault",
            "failure_mode",
            "failure_cause",
            "remedy",
            "resolution",
            "recurrence_of",
            "follow_ups",
            "decision",
            "costs",
            "anomalies",
            "decisions",
            "transitions",
            "checklist",
            "labour",
            "parts",
            "downtime",
            "comments",
            "attachments",
            "notifications",
        ]

    def get_allowed(self, order: WorkOrder) -> list[str]:
        return allowed_from(order.state)

    def get_costs(self, order: WorkOrder) -> dict[str, Any]:
        return dict(CostsSerializer(costs_of(order)).data)
