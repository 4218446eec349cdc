"""What anomalies look like to clients, and what has to be said to act on one."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from maintenance.models import Anomaly, AnomalyLog, Severity, Symptom
from sensors.api.aside_serializers import LARGEST_ID, Strict

Slug = serializers.SlugRelatedField[Any]
LONGEST_WORDS = 500


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
    assigned_to: Slug = serializers.SlugRelatedField(slug_field="username", read_only=True)
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
            "credibility",
            "credibility_rules",
            "suppression",
            "shelved_until",
            "shelved_by",
            "shelved_reason",
            "acknowledged_at",
            "re_alarm_at",
            "assigned_to",
            "verdict",
            "verdict_note",
            "verdict_by",
            "verdict_at",
            "merged_into",
            "work_order",
        ]


class AnomalyLogSerializer(serializers.ModelSerializer[AnomalyLog]):
    class Meta:
        model = AnomalyLog
        fields = ["act", "by", "at", "words"]


class AnomalyWithLogSerializer(AnomalySerializer):
    """One anomaly, with what was done about it."""

    log = AnomalyLogSerializer(many=True, read_only=True)

    class Meta(AnomalySerializer.Meta):
        fields = [*AnomalySerializer.Meta.fields, "log"]


class NoteInSerializer(Strict):
    note = serializers.CharField(
        max_length=LONGEST_WORDS, required=False, allow_blank=True, default=""
    )


class ClearInSerializer(Strict):
    reason = serializers.CharField(max_length=LONGEST_WORDS)


class AssignInSerializer(NoteInSerializer):
    """To whom, by user name; null for nobody."""

    to = serializers.CharField(max_length=150, allow_null=True)


class ShelveInSerializer(Strict):
    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=LONGEST_WORDS)


class VerdictInSerializer(NoteInSerializer):
    verdict = serializers.ChoiceField(Anomaly.Verdict.choices)


class MergeInSerializer(NoteInSerializer):
    into = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
