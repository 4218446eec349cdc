from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sensors.models import Reading, Sensor

Slug = serializers.SlugRelatedField[Any]


class FlagsField(serializers.Field):
    """Bits as the words they stand for."""

    def to_representation(self, value: int) -> list[str]:
        return [flag.name.lower() for flag in Reading.Flag if value & flag.value]


class ReadingSerializer(serializers.ModelSerializer[Reading]):
    sensor_id = serializers.CharField(source="sensor.code")
    timestamp = serializers.DateTimeField(source="taken_at")
    quality = serializers.SerializerMethodField()
    flags = FlagsField()
    batch_id = serializers.IntegerField()

    class Meta:
        model = Reading
        fields = ["sensor_id", "timestamp", "value", "quality", "flags", "batch_id"]

    def get_quality(self, reading: Reading) -> str:
        return Reading.Quality(reading.quality).name.lower()


class SensorSerializer(serializers.ModelSerializer[Sensor]):
    site: Slug = serializers.SlugRelatedField(slug_field="code", read_only=True)
    asset: Slug = serializers.SlugRelatedField(slug_field="tag", read_only=True)
    sensor_id = serializers.CharField(source="code")

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
            "alarm_low",
            "warning_low",
            "warning_high",
            "alarm_high",
            "retired_at",
        ]
