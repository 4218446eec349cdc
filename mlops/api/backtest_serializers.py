"""What clients may ask of a back-test, and how it looks to them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from mlops.backtesting.trials import MOST_WARM_UP, WARM_UP
from mlops.models import Backtest
from sensors.api.aside_serializers import Strict
from sensors.api.queries import MOST_SENSORS
from sensors.store.reading import EARLIEST, LATEST


class BacktestInSerializer(Strict):
    sensors = serializers.ListField(
        child=serializers.CharField(max_length=100), allow_empty=False, max_length=MOST_SENSORS
    )
    site = serializers.CharField(max_length=40, required=False, default="")
    to = serializers.DateTimeField()
    detector = serializers.CharField(max_length=60)
    # What is in it is checked where the detector is known.
    parameters = serializers.DictField(required=False, default=dict)
    warm_up = serializers.IntegerField(
        min_value=0, max_value=MOST_WARM_UP, required=False, default=WARM_UP
    )

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's own, so it cannot be written as a class attribute.
        return super().get_fields() | {"from": serializers.DateTimeField()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("from", "to"):
            attrs[name] = min(max(attrs[name], EARLIEST), LATEST)
        if attrs["from"] >= attrs["to"]:
            words = serializers.ErrorDetail("`to` has to be after `from`.", code="before_from")
            raise serializers.ValidationError({"to": [words]})
        return attrs


class BacktestSerializer(serializers.ModelSerializer[Backtest]):
    """Without its result, which may be long."""

    site = serializers.CharField(source="site.code")
    sensors: Any = serializers.SlugRelatedField("code", many=True, read_only=True)

    class Meta:
        model = Backtest
        fields = [
            "id",
            "status",
            "percent",
            "asked_by",
            "asked_at",
            "site",
            "sensors",
            "to",
            "detector",
            "parameters",
            "warm_up",
            "alarm_count",
            "started_at",
            "finished_at",
            "error",
        ]

    to = serializers.DateTimeField(source="end")

    def to_representation(self, asked: Backtest) -> dict[str, Any]:
        shown = super().to_representation(asked)
        shown["from"] = serializers.DateTimeField().to_representation(asked.start)
        return shown


class BacktestResultSerializer(BacktestSerializer):
    class Meta(BacktestSerializer.Meta):
        fields = [*BacktestSerializer.Meta.fields, "result"]
