"""Escalation policies with their steps, as clients see them and may say them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from maintenance.api.anomaly_serializers import SeverityField
from maintenance.api.audience_serializers import AudienceInSerializer, ReachInSerializer, Slug
from maintenance.models import EscalationPolicy, EscalationStep
from maintenance.models.escalations import A_WEEK
from sensors.api.lists import BoundedList

MOST_STEPS = 20


class StepSerializer(serializers.ModelSerializer[EscalationStep]):
    to_users: Slug = serializers.SlugRelatedField(slug_field="username", read_only=True, many=True)
    to_channels: Any = serializers.PrimaryKeyRelatedField(read_only=True, many=True)

    class Meta:
        model = EscalationStep
        fields = ["after_minutes", "to_users", "to_roles", "to_assignee", "to_channels"]


class PolicySerializer(serializers.ModelSerializer[EscalationPolicy]):
    site: Slug = serializers.SlugRelatedField(slug_field="code", read_only=True)
    asset: Slug = serializers.SlugRelatedField(slug_field="tag", read_only=True)
    least_severity = SeverityField()
    steps = StepSerializer(many=True)

    class Meta:
        model = EscalationPolicy
        fields = [
            "id",
            "site",
            "name",
            "asset",
            "least_severity",
            "watches",
            "steps",
            "is_active",
        ]


class StepInSerializer(AudienceInSerializer):
    after_minutes = serializers.IntegerField(min_value=0, max_value=A_WEEK)


class PolicyInSerializer(ReachInSerializer):
    watches = serializers.ChoiceField(EscalationPolicy.Watched.choices, required=False)
    steps = BoundedList(child=StepInSerializer(), allow_empty=False, max_length=MOST_STEPS)

    def validate_steps(self, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
        minutes = [step["after_minutes"] for step in steps]
        if len(set(minutes)) < len(minutes):
            words = "Two steps would be taken in the same minute."
            raise serializers.ValidationError(words, code="same_minute")
        return steps


class PolicyChangeSerializer(PolicyInSerializer):
    """Not a partial serializer: the steps would be taken in part, too."""

    site = serializers.CharField(max_length=40, required=False, allow_null=True)
    name = serializers.CharField(max_length=100, required=False)
    steps = BoundedList(
        child=StepInSerializer(), required=False, allow_empty=False, max_length=MOST_STEPS
    )
