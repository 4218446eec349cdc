"""What clients may ask of a back-test, and how it looks to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from rest_framework import serializers

from mlops.backtesting.labels import MOST_LABELS, Verdict
from mlops.backtesting.questions import MOST_SETTINGS
from mlops.backtesting.trials import MOST_WARM_UP
from mlops.models import Backtest
from sensors.api.aside_serializers import Strict
from sensors.api.queries import MOST_SENSORS
from sensors.store.reading import EARLIEST, LATEST

# The version that watches the asset now.
ACTIVE = "active"


class IntervalSerializer(Strict):
    """The half-open interval [from, to)."""

    to = serializers.DateTimeField()

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


class LabelSerializer(IntervalSerializer):
    """A stretch of time, and what somebody said of it."""

    verdict = serializers.ChoiceField(Verdict.choices)
    sensor = serializers.CharField(max_length=100, required=False)
    noticed_at = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """As JSON can keep it."""
        said = super().validate(attrs)
        moments = {key: one.isoformat() for key, one in said.items() if isinstance(one, datetime)}
        return said | moments


class ParametersField(serializers.Field[Any, Any, Any, Any]):
    """An object, or a list of objects to compare. What is in them is checked where the
    detector is known."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "not_a_dict": "An object of parameters, or a list of such objects.",
        "empty": "A list needs a setting.",
        "max_length": f"{MOST_SETTINGS} settings at most.",
    }

    def to_internal_value(self, data: Any) -> Any:
        settings = data if isinstance(data, list) else [data]
        if not settings:
            self.fail("empty")
        if len(settings) > MOST_SETTINGS:
            self.fail("max_length")
        if not all(isinstance(setting, dict) for setting in settings):
            self.fail("not_a_dict")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class BacktestInSerializer(IntervalSerializer):
    sensors = serializers.ListField(
        child=serializers.CharField(max_length=100),
        allow_empty=False,
        max_length=MOST_SENSORS,
        required=False,
    )
    asset = serializers.CharField(max_length=100, required=False)
    site = serializers.CharField(max_length=40, required=False, default="")
    detector = serializers.CharField(max_length=60, required=False)
    parameters = ParametersField(required=False, default=dict)
    warm_up = serializers.IntegerField(min_value=0, max_value=MOST_WARM_UP, required=False)
    train = IntervalSerializer(required=False)
    version = serializers.ChoiceField([ACTIVE], required=False)
    labels = serializers.ListField(
        child=LabelSerializer(), required=False, default=list, max_length=MOST_LABELS
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        super().validate(attrs)
        required = []
        if "asset" not in attrs and "sensors" not in attrs:
            required.append("sensors")
        if "version" in attrs and "asset" not in attrs:
            required.append("asset")
        if "version" not in attrs and "detector" not in attrs:
            required.append("detector")
        if required:
            missing = [serializers.ErrorDetail("This field is required.", code="required")]
            raise serializers.ValidationError(dict.fromkeys(required, missing))
        if "asset" in attrs and "sensors" in attrs:
            words = "Name an asset, for all of its sensors, or sensors."
            raise serializers.ValidationError(words, code="asset_or_sensors")
        return attrs


class BacktestSerializer(serializers.ModelSerializer[Backtest]):
    """Without its result, which may be long."""

    site = serializers.CharField(source="site.code")
    asset = serializers.CharField(source="asset.tag", default=None)
    version: Any = serializers.StringRelatedField()
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
            "asset",
            "sensors",
            "to",
            "detector",
            "parameters",
            "warm_up",
            "version",
            "labels",
            "alarm_count",
            "started_at",
            "finished_at",
            "error",
        ]

    to = serializers.DateTimeField(source="end")

    def to_representation(self, asked: Backtest) -> dict[str, Any]:
        shown = super().to_representation(asked)
        moment = serializers.DateTimeField().to_representation
        shown["from"] = moment(asked.start)
        shown["train"] = None
        if asked.train_start and asked.train_end:
            shown["train"] = {"from": moment(asked.train_start), "to": moment(asked.train_end)}
        return shown


class BacktestResultSerializer(BacktestSerializer):
    class Meta(BacktestSerializer.Meta):
        fields = [*BacktestSerializer.Meta.fields, "result"]
