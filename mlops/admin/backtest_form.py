"""Asking for a back-test on a page of the admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from mlops.backtesting.history import TooMuchHistoryError
from mlops.backtesting.questions import Question, QuestionError, on_duty, sensors_on
from mlops.backtesting.texts import labels_of, setting_of
from mlops.backtesting.trials import MOST_WARM_UP, WARM_UP
from mlops.chosen_asset_detectors import CHOICES
from mlops.chosen_detectors import DetectorChoiceError
from mlops.models import Backtest, ModelVersion
from mlops.registry import DETECTORS
from sensors.models import Sensor

OF_SENSORS = [(name, name.replace("_", " ")) for name in DETECTORS]
OF_ASSETS = [(name, name.replace("_", " ")) for name in CHOICES]
LONGEST_TEXT = 20_000
LINES = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})


class BacktestForm(forms.ModelForm):
    """Checks all that was asked for; after that `question` has it.

    `allowed` are the ids of the sites at which the person may have back-tests run, None
    for all.
    """

    allowed: ClassVar[list[int] | None] = []
    question: Question

    detector = forms.ChoiceField(
        choices=[("Of sensors", OF_SENSORS), ("Of an asset as a whole", OF_ASSETS)]
    )
    settings = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=LINES,
        help_text="What differs from how it is shipped, as lags=5, tail=1e-4. "
        "Several lines are compared, one setting each.",
    )
    labels_said = forms.CharField(
        label="labels",
        required=False,
        max_length=LONGEST_TEXT,
        widget=LINES,
        help_text="What is known of the time, one line each, in UTC: "
        "2026-05-03T06:00/2026-05-03T09:00=confirmed, or =false_positive, "
        "=expected_operation, =sensor_fault; with @CODE for one sensor.",
    )
    warm_up = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_WARM_UP,
        help_text=f"Readings of sensors before, gone through unjudged: {WARM_UP} if left out.",
    )
    on_duty = forms.BooleanField(
        label="version on duty",
        required=False,
        help_text="Of an asset: the stored version that watches it, without a fit.",
    )

    class Meta:
        model = Backtest
        fields = ["asset", "sensors", "start", "end", "detector", "train_start", "train_end"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.question = self._question(said)
            except (DetectorChoiceError, QuestionError, TooMuchHistoryError) as exc:
                raise ValidationError(f"{exc}.", code="refused") from exc
        return said

    def _question(self, said: dict[str, Any]) -> Question:
        if said["start"] >= said["end"]:
            raise QuestionError("before_from", "The interval has to end after it begins")
        version, sensors = self._tried_on(said)
        self._check_sites(sensors)
        settings = [setting_of(line) for line in said["settings"].splitlines()]
        train = (said["train_start"], said["train_end"])
        return Question.of(
            sensors,
            said["start"],
            said["end"],
            said["detector"],
            settings if len(settings) > 1 else (settings or [{}])[0],
            labels=labels_of(said["labels_said"].splitlines()),
            warm_up=said["warm_up"],
            train=train if all(train) else None,
            version=version,
        )

    def _tried_on(self, said: dict[str, Any]) -> tuple[ModelVersion | None, list[Sensor]]:
        asset, sensors = said["asset"], said["sensors"]
        if bool(asset) == bool(sensors):
            raise QuestionError("asset_or_sensors", "Choose an asset or sensors, not both")
        if bool(said["train_start"]) != bool(said["train_end"]):
            raise QuestionError("train_or_version", "To be fitted takes a from and a to")
        if said["on_duty"]:
            if not asset:
                raise QuestionError("train_or_version", "A version is of an asset: choose one")
            return on_duty(asset)
        if asset:
            return None, sensors_on(asset)
        return None, list(sensors.select_related("gate", "asset").order_by("code"))

    def _check_sites(self, sensors: list[Sensor]) -> None:
        sites = {sensor.site_id for sensor in sensors}
        if len(sites) > 1:
            raise QuestionError("several_sites", "The sensors belong to several sites")
        if self.allowed is not None and not sites <= set(self.allowed):
            raise QuestionError("permission_denied", "You may not have back-tests run there")
