"""What the quarantine and the conflicts look like to clients, and what they may ask."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sensors.models import Curation, QuarantinedReading, ReadingConflict

LARGEST_ID = 2**63 - 1
MOST_IDS = 10_000


class Ids(serializers.ListField):
    def __init__(self, **options: Any) -> None:
        one = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
        super().__init__(child=one, allow_empty=False, **options)


class Strict(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a filter with a slip must not mean all rows."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (odd := sorted(data.keys() - self.fields.keys())):
            unknown = [serializers.ErrorDetail("There is no such field.", code="unknown_field")]
            raise serializers.ValidationError({name[:100]: unknown for name in odd[:20]})
        return super().to_internal_value(data)


class ChosenInSerializer(Strict):
    """A filter over the quarantine."""

    reason = serializers.ChoiceField(QuarantinedReading.Reason.choices, required=False)
    sensor = serializers.CharField(max_length=100, required=False)
    site = serializers.CharField(max_length=40, required=False)
    batch = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class CurationInSerializer(Strict):
    """Which rows: by their ids or by a filter, of which `{}` means all."""

    ids = Ids(max_length=MOST_IDS, required=False)
    filter = ChosenInSerializer(required=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError(
                "Give either ids or a filter; an empty filter means all.", code="ids_or_filter"
            )
        return attrs

    @property
    def chosen(self) -> dict[str, Any]:
        """The choice in the words of QuarantinedReading.LOOKUPS, as JSON can hold it."""
        asked = self.validated_data
        if "ids" in asked:
            return {"ids": sorted(set(asked["ids"]))}
        return {
            k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in asked["filter"].items()
        }


class DiscardInSerializer(CurationInSerializer):
    """A reason is asked for: nothing is thrown away without one."""

    note = serializers.CharField(max_length=500)


class CurationSerializer(serializers.ModelSerializer[Curation]):
    """How far a replay or a discard has come."""

    state = serializers.CharField()
    done = serializers.IntegerField()

    class Meta:
        model = Curation
        fields = [
            "id",
            "action",
            "state",
            "asked_by",
            "asked_at",
            "chosen",
            "note",
            "matched",
            "done",
            *Curation.TALLIES,
            "finished_at",
            "failed_at",
            "error",
        ]


class QuarantinedReadingSerializer(serializers.ModelSerializer[QuarantinedReading]):
    site = serializers.CharField(source="site.code")
    sensor_id = serializers.CharField(source="sensor_code")
    batch_id = serializers.IntegerField()
    settled_by = serializers.IntegerField(source="curation_id", allow_null=True)

    class Meta:
        model = QuarantinedReading
        fields = [
            "id",
            "site",
            "sensor_id",
            "reason",
            "state",
            "reading",
            "batch_id",
            "quarantined_at",
            "attempts",
            "settled_at",
            "settled_by",
        ]


class ReadingConflictSerializer(serializers.ModelSerializer[ReadingConflict]):
    site = serializers.CharField(source="site.code")
    sensor_id = serializers.CharField(source="sensor.code")
    timestamp = serializers.DateTimeField(source="taken_at")
    batch_id = serializers.IntegerField()
    resolution = serializers.SerializerMethodField()

    class Meta:
        model = ReadingConflict
        fields = [
            "id",
            "site",
            "sensor_id",
            "timestamp",
            "stored_value",
            "offered_value",
            "batch_id",
            "found_at",
            "resolution",
            "resolved_by",
            "resolved_at",
            "replaced_value",
            "note",
        ]

    def get_resolution(self, conflict: ReadingConflict) -> str | None:
        return conflict.resolution or None


class ResolveOneInSerializer(Strict):
    choice = serializers.ChoiceField(ReadingConflict.Resolution.choices)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ResolveInSerializer(ResolveOneInSerializer):
    ids = Ids(max_length=1_000)
