"""What somebody wants to know of a detector: checked first, answered here or by a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from mlops.backtesting.asset_trials import AssetTrial, Interval, backtest_fits, backtest_version
from mlops.backtesting.history import check_size
from mlops.backtesting.judging import Labelled
from mlops.backtesting.labels import LabelError, labelled_for
from mlops.backtesting.outcomes import Outcome, Progress
from mlops.backtesting.trials import WARM_UP, backtest
from mlops.chosen_asset_detectors import AssetChoice, any_choice
from mlops.chosen_detectors import Choice
from mlops.learning.fitting import LEAST_SENSORS
from mlops.models import Backtest, ModelVersion
from mlops.registry import SHIPPED
from sensors.models import Asset, Sensor

MOST_SETTINGS = 10
MOST_SENSORS = 60

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Labels = Sequence[Mapping[str, Any]]


class QuestionError(ValueError):
    """What was asked for does not go together. `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Question:
    """A detector of sensors with some settings to compare, or one of their asset, which is
    fitted on the `train` interval or is a stored `version`."""

    sensors: Sequence[Sensor]
    start: datetime
    end: datetime
    choices: Sequence[Choice | AssetChoice]
    parameters: Parameters
    labels: Labels
    warm_up: int
    train: Interval | None = None
    version: ModelVersion | None = None

    @classmethod
    def of(
        cls,
        sensors: Sequence[Sensor],
        start: datetime,
        end: datetime,
        detector: str,
        parameters: Parameters,
        *,
        labels: Labels = (),
        warm_up: int | None = None,
        train: Interval | None = None,
        version: ModelVersion | None = None,
    ) -> Self:
        """Check what came from outside; `parameters` are of one setting, or of several.

        Raises DetectorChoiceError, QuestionError and TooMuchHistoryError.
        """
        if not sensors:
            raise QuestionError("too_few_sensors", "There is no sensor to be tried")
        if len(sensors) > MOST_SENSORS:
            raise QuestionError("too_many_sensors", f"{MOST_SENSORS} sensors at most")
        settings = [parameters] if isinstance(parameters, Mapping) else parameters
        if not 1 <= len(settings) <= MOST_SETTINGS:
            raise QuestionError("too_many_settings", f"From 1 to {MOST_SETTINGS} settings")
        choices = [any_choice(detector, setting) for setting in settings]
        question = cls(
            sensors=_in_order(sensors, choices[0]),
            start=start,
            end=end,
            choices=choices,
            parameters=parameters,
            labels=labels,
            warm_up=_warm_up(warm_up, choices[0]),
            train=train,
            version=version,
        )
        question._check(warm_up)
        return question

    @classmethod
    def asked(cls, row: Backtest) -> Self:
        """What a row keeps. Raises as `of`."""
        train = (row.train_start, row.train_end) if row.train_start and row.train_end else None
        is_of_asset = train is not None or row.version is not None
        return cls.of(
            list(row.sensors.select_related("gate", "asset").order_by("code")),
            row.start,
            row.end,
            row.detector,
            row.parameters,
            labels=row.labels,
            warm_up=None if is_of_asset else row.warm_up,
            train=train,
            version=row.version,
        )

    @property
    def detector(self) -> str:
        return self.choices[0].name

    @property
    def is_of_asset(self) -> bool:
        """Whether the sensors are judged together."""
        return isinstance(self.choices[0], AssetChoice)

    @property
    def asset(self) -> Asset:
        return self.sensors[0].asset

    def labelled(self) -> list[Labelled]:
        return labelled_for(
            self.sensors,
            self.labels,
            as_asset=self.is_of_asset,
            start=self.start,
            end=self.end,
        )

    def answer(self, on_progress: Progress = lambda share: None) -> list[Outcome]:
        """What comes of it, for each setting.

        Raises DetectorChoiceError and TooMuchHistoryError.
        """
        labelled = self.labelled()
        if not self.is_of_asset:
            return backtest(
                self.sensors,
                self.start,
                self.end,
                [choice for choice in self.choices if isinstance(choice, Choice)],
                labelled=labelled,
                warm_up=self.warm_up,
                on_progress=on_progress,
            )
        trial = AssetTrial(self.asset, self.sensors, self.start, self.end, labelled)
        if self.version:
            return [backtest_version(trial, self.version, on_progress)]
        assert self.train is not None
        choices = [choice for choice in self.choices if isinstance(choice, AssetChoice)]
        return backtest_fits(trial, self.train, choices, on_progress)

    def _check(self, warm_up: int | None) -> None:
        if self.is_of_asset:
            self._check_of_asset(warm_up)
        else:
            self._check_of_sensors()
        try:
            self.labelled()
        except LabelError as exc:
            raise QuestionError("label_of_what", str(exc)) from exc
        check_size(self.sensors, self.start, self.end, self.warm_up, times=len(self.choices))

    def _check_of_sensors(self) -> None:
        if self.train or self.version:
            words = f"{self.detector} learns as it goes: no train, no version"
            raise QuestionError("does_not_go_together", words)
        for choice in self.choices:
            if isinstance(choice, Choice):
                choice.members(self.sensors)

    def _check_of_asset(self, warm_up: int | None) -> None:
        if warm_up is not None:
            words = f"{self.detector} is fitted: it has no warm_up"
            raise QuestionError("does_not_go_together", words)
        self._check_taught()
        if len({sensor.asset_id for sensor in self.sensors}) > 1:
            words = f"{self.detector} judges the sensors of one asset together"
            raise QuestionError("several_assets", words)
        if len(self.sensors) < LEAST_SENSORS:
            words = f"{self.detector} compares {LEAST_SENSORS} sensors or more"
            raise QuestionError("too_few_sensors", words)
        for choice in self.choices:
            if isinstance(choice, AssetChoice):
                choice.check_width(len(self.sensors))

    def _check_taught(self) -> None:
        if (self.train is None) == (self.version is None):
            words = f"{self.detector} needs either train, to be fitted on, or version"
            raise QuestionError("train_or_version", words)
        if self.version and self.version.kind != self.detector:
            words = f"The version on duty is of {self.version.kind}"
            raise QuestionError("does_not_go_together", words)
        if self.version and (len(self.choices) > 1 or self.choices[0].parameters):
            words = "A version has its own parameters; none can be changed"
            raise QuestionError("does_not_go_together", words)
        if self.train and not self.train[0] < self.train[1] <= self.start:
            words = "It is fitted on what was before the interval: train has to end by `from`"
            raise QuestionError("train_overlaps", words)


def _warm_up(asked: int | None, choice: Choice | AssetChoice) -> int:
    if asked is not None:
        return asked
    return WARM_UP if isinstance(choice, Choice) else 0


def _in_order(sensors: Sequence[Sensor], choice: Choice | AssetChoice) -> Sequence[Sensor]:
    """As they were named; but columns of a row are in the order of codes."""
    if isinstance(choice, Choice):
        return sensors
    return sorted(sensors, key=lambda sensor: sensor.code)


def sensors_on(asset: Asset) -> list[Sensor]:
    """The active sensors of an asset, to be tried all; one too many where they are too many."""
    rows = Sensor.objects.active().filter(asset=asset).select_related("gate", "asset")
    return list(rows.order_by("code")[: MOST_SENSORS + 1])


def on_duty(asset: Asset) -> tuple[ModelVersion, list[Sensor]]:
    """The version that watches an asset, and its sensors. Raises QuestionError."""
    version = ModelVersion.objects.active().filter(asset=asset, kind=SHIPPED).first()
    if version is None:
        raise QuestionError("no_version", f"{asset.tag} has no version on duty")
    named = Sensor.objects.filter(asset=asset, code__in=version.columns)
    sensors = list(named.select_related("gate", "asset").order_by("code"))
    if len(sensors) < len(version.columns):
        raise QuestionError("no_version", f"Sensors that {version} knows are gone")
    return version, sensors
