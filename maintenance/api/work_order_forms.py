"""What people may say to ask for work, change it, decide about it and move it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from maintenance.api.anomaly_serializers import LONGEST_WORDS
from maintenance.api.plans_serializers import MOST_SKILLS, SecondsField
from maintenance.models import Anomaly, ChecklistPoint, Decision, WorkOrder
from maintenance.models.plans import LONGEST_WORK
from maintenance.orders.completing import ASPECT_OF, Completion, codes_named
from maintenance.orders.requesting import ASKED_FOR, skills_named
from maintenance.orders.verdicts import Verdict
from maintenance.policy import Priority
from sensors.api.aside_serializers import LARGEST_ID, Strict
from sensors.api.lists import BoundedList
from sensors.models import Asset

LONGEST_TEXT = 10_000
MOST_VERDICTS = 200


class RequiredSkillSerializer(Strict):
    skill = serializers.CharField(max_length=40)
    level = serializers.IntegerField(min_value=1, max_value=5, default=1)


def text(most: int = LONGEST_TEXT) -> Any:
    return serializers.CharField(max_length=most, required=False, allow_blank=True)


def code() -> Any:
    return serializers.CharField(max_length=10, required=False, allow_null=True)


class PlannedFields(Strict):
    """`skills`, if given, are all that the work needs."""

    description = text()
    recommendation = text()
    priority = serializers.ChoiceField([p.value for p in Priority], required=False)
    due_at = serializers.DateTimeField(required=False)
    planned_duration_seconds = SecondsField(
        source="planned_duration",
        required=False,
        min_value=60,
        max_value=int(LONGEST_WORK.total_seconds()),
    )
    skills = BoundedList(child=RequiredSkillSerializer(), required=False, max_length=MOST_SKILLS)

    def validate_skills(self, value: list[dict[str, Any]]) -> Any:
        return skills_named({one["skill"]: one["level"] for one in value})


class WorkOrderInSerializer(PlannedFields):
    asset = serializers.CharField(max_length=60)
    site = serializers.CharField(max_length=40, required=False)
    title = serializers.CharField(max_length=200)
    origin = serializers.ChoiceField([str(origin) for origin in ASKED_FOR], required=False)


class FoundFields(Strict):
    """What was found; codes are those of the asset's type."""

    found_fault = serializers.ChoiceField(WorkOrder.FoundFault.choices, required=False)
    resolution = text()
    failure_mode = code()
    failure_cause = code()
    remedy = code()


class ChangeInSerializer(PlannedFields, FoundFields):
    title = serializers.CharField(max_length=200, required=False)


class VerdictSerializer(Strict):
    anomaly = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    verdict = serializers.ChoiceField(Anomaly.Verdict.choices)
    note = text(LONGEST_WORDS)


class CompletionInSerializer(FoundFields):
    verdicts = BoundedList(child=VerdictSerializer(), required=False, max_length=MOST_VERDICTS)

    def validate_verdicts(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({one["anomaly"] for one in value}) < len(value):
            raise serializers.ValidationError("One verdict on each anomaly.", code="said_twice")
        return value


class MoveInSerializer(Strict):
    to_state = serializers.ChoiceField(WorkOrder.State.choices)
    reason = text(LONGEST_WORDS)
    hold_reason = serializers.ChoiceField(WorkOrder.HoldReason.choices, required=False)
    completion = CompletionInSerializer(required=False)


class DecisionInSerializer(Strict):
    choice = serializers.ChoiceField(Decision.Choice.choices)
    justification = serializers.CharField(max_length=1_000)
    defer_until = serializers.DateTimeField(required=False)
    changes = ChangeInSerializer(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        goes_with = {"defer_until": Decision.Choice.DEFER, "changes": Decision.Choice.MODIFY}
        for name, choice in goes_with.items():
            if name in attrs and attrs["choice"] != choice:
                words = serializers.ErrorDetail(f"It goes with {choice}.", code="does_not_go")
                raise serializers.ValidationError({name: [words]})
        return attrs


class TakeChecklistSerializer(Strict):
    template = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)


class PointInSerializer(Strict):
    result = serializers.ChoiceField(ChecklistPoint.Result.choices, allow_blank=True)
    note = text(LONGEST_WORDS)


def with_codes(asset: Asset, said: dict[str, Any]) -> dict[str, Any]:
    """The same with failure codes in place of their names."""
    return said | codes_named(asset, {name: said[name] for name in ASPECT_OF if name in said})


def completion_of(asset: Asset, said: dict[str, Any]) -> Completion:
    verdicts = {
        one["anomaly"]: Verdict(one["verdict"], one.get("note", ""))
        for one in said.pop("verdicts", [])
    }
    return Completion(**with_codes(asset, said), verdicts=verdicts)
