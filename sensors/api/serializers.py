from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sensors.models import Sensor, StoredWaveform

Slug = serializers.SlugRelatedField[Any]


class SensorSerializer(serializers.ModelSerializer[Sensor]):
    site: Slug = serializers.SlugRelatedField(slug_field="code", read_only=True)
    asset: Slug = serializers.SlugRelatedField(slug_field="tag", read_only=True)
    sensor_id = serializers.CharField(source="code")
    gate: Slug = serializers.SlugRelatedField(slug_field="code", read_only=True)
    derived_from: Slug = serializers.SlugRelatedField(slug_field="code", read_only=True)

    class Meta:
        model = Sensor
        fields = [
            "id",
            "sensor_id",
            "site",
            "asset",
            "kind",
            "unit",
            "location",
            "is_setting",
            "alarm_low",
            "warning_low",
            "warning_high",
            "alarm_high",
            "warning_rate",
            "alarm_rate",
            "expected_interval",
            "stuck_for",
            "detect_noise_gone",
            "detect_odd_shapes",
            "gate",
            "runs_above",
            "settle_time",
            "derived_from",
            "retired_at",
        ]


class StoredWaveformSerializer(serializers.ModelSerializer[StoredWaveform]):
    timestamp = serializers.DateTimeField(source="taken_at")
    count = serializers.IntegerField(help_text="Of samples")

    class Meta:
        model = StoredWaveform
        fields = ["id", "timestamp", "sampling_rate", "unit", "count"]
