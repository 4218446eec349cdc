"""What was decided about an order, how it moved, and its checklist."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from maintenance.models import ChecklistPoint, Decision, WorkOrderTransition


class OrderNameSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    number = serializers.CharField()
    state = serializers.CharField()


class TransitionSerializer(serializers.ModelSerializer[WorkOrderTransition]):
    """A step; `by` is empty where a rule made it."""

    by = serializers.CharField(source="actor_name")

    class Meta:
        model = WorkOrderTransition
        fields = ["id", "from_state", "to_state", "by", "reason", "hold_reason", "moved_at"]


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    class Meta:
        model = Decision
        fields = [
            "id",
            "choice",
            "justification",
            "defer_until",
            "changes",
            "decided_by",
            "decided_at",
        ]


class ChecklistPointSerializer(serializers.ModelSerializer[ChecklistPoint]):
    follow_up = OrderNameSerializer()

    class Meta:
        model = ChecklistPoint
        fields = [
            "position",
            "words",
            "is_mandatory",
            "on_fail",
            "result",
            "note",
            "done_by",
            "done_at",
            "follow_up",
        ]
