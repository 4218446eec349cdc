"""Failure codes, checklists and decision policies, as clients see and say them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from maintenance.api.anomaly_serializers import SeverityField
from maintenance.api.plans_serializers import MOST_SKILLS, SecondsField, SkillSerializer
from maintenance.api.work_order_forms import RequiredSkillSerializer
from maintenance.models import (
    ChecklistTemplate,
    DecisionPolicy,
    FailureCode,
    Severity,
    TemplatePoint,
)
from maintenance.models.checklists import OnFail
from maintenance.models.plans import LONGEST_WORK
from maintenance.orders.checklists import MOST_POINTS
from maintenance.orders.requesting import skills_named
from sensors.api.aside_serializers import Strict
from sensors.api.lists import BoundedList
from sensors.api.named import NamedField
from sensors.models import AssetType

CODE = r"^[A-Za-z0-9_.-]+\Z"
MOST_KINDS = 20
SEVERITIES = [severity.name.lower() for severity in Severity]


def asset_type() -> Any:
    """Null, or left out: all types."""
    rows = AssetType.objects.all()
    return NamedField(slug_field="code", queryset=rows, required=False, allow_null=True)


class CodeSerializer(serializers.ModelSerializer[FailureCode]):
    asset_type = serializers.CharField(source="asset_type.code", default=None)

    class Meta:
        model = FailureCode
        fields = ["id", "aspect", "asset_type", "code", "name", "sensor_kinds", "is_active"]


class CodeChangeSerializer(Strict):
    """What a code is and of which type stays: orders of the past name it."""

    name = serializers.CharField(max_length=100, required=False)
    sensor_kinds = BoundedList(
        child=serializers.CharField(max_length=20), required=False, max_length=MOST_KINDS
    )
    is_active = serializers.BooleanField(required=False)


class CodeInSerializer(CodeChangeSerializer):
    aspect = serializers.ChoiceField(FailureCode.Aspect.choices)
    asset_type = asset_type()
    code = serializers.RegexField(CODE, max_length=10)
    name = serializers.CharField(max_length=100)


class PointSerializer(serializers.ModelSerializer[TemplatePoint]):
    class Meta:
        model = TemplatePoint
        fields = ["position", "words", "is_mandatory", "on_fail"]


class ChecklistSerializer(serializers.ModelSerializer[ChecklistTemplate]):
    asset_type = serializers.CharField(source="asset_type.code", default=None)
    points = PointSerializer(many=True)

    class Meta:
        model = ChecklistTemplate
        fields = ["id", "name", "asset_type", "points"]


class TemplatePointSerializer(Strict):
    words = serializers.CharField(max_length=300)
    is_mandatory = serializers.BooleanField(default=True)
    on_fail = serializers.ChoiceField(OnFail.choices, default=OnFail.NOTHING)


class ChecklistInSerializer(Strict):
    name = serializers.CharField(max_length=100)
    asset_type = asset_type()
    points = BoundedList(
        child=TemplatePointSerializer(), allow_empty=False, max_length=MOST_POINTS
    )


class ChecklistChangeSerializer(ChecklistInSerializer):
    """Points are said as a whole, so this is not the form above with `partial`."""

    name = serializers.CharField(max_length=100, required=False)
    points = BoundedList(
        child=TemplatePointSerializer(), allow_empty=False, max_length=MOST_POINTS, required=False
    )


class PolicySerializer(serializers.ModelSerializer[DecisionPolicy]):
    asset_type = serializers.CharField(source="asset_type.code", default=None)
    min_severity = SeverityField()
    planned_duration_seconds = SecondsField(source="planned_duration")
    checklist = serializers.CharField(source="checklist.name", default=None)
    skills = SkillSerializer(many=True)

    class Meta:
        model = DecisionPolicy
        fields = [
            "id",
            "asset_type",
            "mode",
            "min_credibility",
            "min_severity",
            "planned_duration_seconds",
            "checklist",
            "skills",
        ]


class PolicyChangeSerializer(Strict):
    mode = serializers.ChoiceField(DecisionPolicy.Mode.choices, required=False)
    min_credibility = serializers.FloatField(min_value=0, max_value=1, required=False)
    min_severity = serializers.ChoiceField(SEVERITIES, required=False)
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
    skills = BoundedList(child=RequiredSkillSerializer(), required=False, max_length=MOST_SKILLS)

    def validate_min_severity(self, value: str) -> Severity:
        return Severity[value.upper()]

    def validate_skills(self, value: list[dict[str, Any]]) -> Any:
        return skills_named({one["skill"]: one["level"] for one in value})


class PolicyInSerializer(PolicyChangeSerializer):
    asset_type = asset_type()
    mode = serializers.ChoiceField(DecisionPolicy.Mode.choices)
