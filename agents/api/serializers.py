from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agents.models import PipelineRun
from sensors.models import ReadingBatch


class PipelineRunSerializer(serializers.ModelSerializer[PipelineRun]):
    """A run that came out of seen_from()."""

    state = serializers.CharField()
    readings = serializers.IntegerField(source="readings_seen")
    error = serializers.CharField(source="error_seen")

    class Meta:
        model = PipelineRun
        fields = [
            "id",
            "state",
            "stage",
            "readings",
            "timings",
            "error",
            "first_received_at",
            "started_at",
            "finished_at",
            "failed_at",
        ]


class BatchReceiptSerializer(serializers.ModelSerializer[ReadingBatch]):
    """What became of an upload: the counts add up to `accepted` once it is stored."""

    batch_id = serializers.IntegerField(source="pk")
    run = serializers.SerializerMethodField()

    class Meta:
        model = ReadingBatch
        fields = [
            "batch_id",
            "correlation_id",
            "mode",
            "status",
            "received_at",
            "accepted",
            "rejected",
            "rejections",
            "stored",
            "duplicates",
            "conflicts",
            "quarantined",
            "run",
        ]

    def get_run(self, batch: ReadingBatch) -> dict[str, Any] | None:
        claim = getattr(batch, "claim", None)
        return dict(PipelineRunSerializer(claim.run).data) if claim else None
