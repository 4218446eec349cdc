"""What would a detector of a whole asset have said? As trials.py says it of sensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from maintenance.models import Symptom
from mlops.backtesting.alarms import Alarm, Sighted, alarm_of, rates_over
from mlops.backtesting.asset_rows import TriedRows, tried_rows
from mlops.backtesting.judging import Labelled, judged, of_these
from mlops.backtesting.outcomes import Outcome, Progress, Taught, share_of
from mlops.chosen_asset_detectors import AssetChoice
from mlops.chosen_detectors import DetectorChoiceError
from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Block, Scores
from mlops.learning.fitting import LEAST_ROWS, LEAST_SENSORS
from mlops.learning.histories import History, history_of
from mlops.models import ModelVersion
from mlops.watching.assets import watched_of
from mlops.watching.explaining import explanation, foremost_values
from mlops.watching.rows import SECOND
from sensors.history.windows import micros_of, moment_of
from sensors.models import Asset, Sensor
from sensors.store.read_only import read_only

Interval = tuple[datetime, datetime]
# Rows between two reports of progress.
STRIDE = 2_000


@dataclass(frozen=True, slots=True)
class AssetTrial:
    """The sensors of an asset, in the order of their codes, and the interval to be gone
    through. `labelled` is of the asset: odd spans are not learnt from either."""

    asset: Asset
    sensors: Sequence[Sensor]
    start: datetime
    end: datetime
    labelled: Sequence[Labelled] = ()

    @property
    def codes(self) -> list[str]:
        return [sensor.code for sensor in self.sensors]

    def relevant(self) -> list[Labelled]:
        return of_these(self.labelled, [(s.pk, s.asset_id) for s in self.sensors], *self.interval)

    @property
    def interval(self) -> Interval:
        return self.start, self.end


def backtest_fits(
    trial: AssetTrial,
    train: Interval,
    choices: Sequence[AssetChoice],
    on_progress: Progress = lambda share: None,
) -> list[Outcome]:
    """Fit a detector on the clean rows of the `train` interval, as live fits do, and try it
    on the rows of the trial; once for each choice of its parameters.

    Raises TooMuchHistoryError and DetectorChoiceError.
    """
    with read_only():
        history = _history(trial, train)
        tested = tried_rows(trial.sensors, *trial.interval, history.width)
    taught = Taught(
        learnt_from=moment_of(history.rows.micros[0]),
        learnt_until=moment_of(history.rows.micros[-1]),
        rows=len(history.rows),
        left_out=history.left_out,
        bin_seconds=history.width // SECOND,
        columns=trial.codes,
    )
    outcomes = []
    for number, choice in enumerate(choices):
        report = share_of(on_progress, number, len(choices))
        detector = choice.fitted(history.rows.block, history.width)
        if detector.columns_.kept_.size < LEAST_SENSORS:
            words = f"fewer than {LEAST_SENSORS} sensors move: nothing to compare"
            raise DetectorChoiceError("not_enough_history", words)
        found = _tried(trial, detector, tested, report)
        outcomes.append(
            replace(found, detector=choice.label, parameters=choice.parameters, taught=taught)
        )
    return outcomes


def backtest_version(
    trial: AssetTrial, version: ModelVersion, on_progress: Progress = lambda share: None
) -> Outcome:
    """Try a stored version as it is on the rows of the trial.

    Raises TooMuchHistoryError, and DetectorChoiceError if it is not on duty any more or
    cannot be used.
    """
    with read_only():
        watched = watched_of({trial.asset.pk: trial.asset}).get(trial.asset.pk)
        if watched is None or watched.version != version:
            words = f"{version} is not on duty any more, or cannot be used"
            raise DetectorChoiceError("no_version", words)
        tested = tried_rows(watched.columns, *trial.interval, watched.width)
    taught = Taught(
        learnt_from=version.learnt_from,
        learnt_until=version.learnt_until,
        rows=version.rows,
        left_out=int(version.metrics.get("left_out_rows", 0)),
        bin_seconds=watched.width // SECOND,
        columns=version.columns,
    )
    trial = replace(trial, sensors=watched.columns)
    found = _tried(trial, watched.detector, tested, on_progress)
    return replace(found, detector=str(version), taught=taught)


def _history(trial: AssetTrial, train: Interval) -> History:
    start, end = train
    history = history_of(
        trial.asset,
        end,
        since=start,
        sensors=trial.sensors,
        odd=[(label.start, label.end) for label in trial.labelled if label.is_fault],
    )
    count = len(history.rows) if history else 0
    if history is None or count < LEAST_ROWS:
        left_out = f", {history.left_out} left out" if history and history.left_out else ""
        words = f"{count} of {LEAST_ROWS} rows to learn from{left_out}"
        raise DetectorChoiceError("not_enough_history", words)
    return history


def _tried(
    trial: AssetTrial, detector: AssetDetector, tested: TriedRows, on_progress: Progress
) -> Outcome:
    block = tested.rows.block
    scores = _scores(detector, block, on_progress)
    sighted = Sighted(
        tested.rows.micros,
        foremost_values(block.values, scores),
        np.nan_to_num(scores.score[:, 0], nan=0.0),
        tested.is_new,
    )
    alarms: list[Alarm] = []
    for episode in sighted.episodes(Symptom.Kind.RELATION):
        row = int(np.searchsorted(tested.rows.micros, micros_of(episode.peak.at)))
        said = explanation(detector, trial.codes, block, scores, row)
        shares = said.evidence["contributions"]
        kind = Symptom.Kind.RELATION
        alarms.append(alarm_of(episode, kind, trial.asset.pk, said.reason, contributions=shares))
    rates = rates_over(tested.rows.micros[tested.is_new], alarms, sensor_id=None)
    known = ~np.isnan(scores.score[tested.is_new, 0])
    rates = replace(rates, scored=int(known.sum()))
    return Outcome("", {}, alarms, [rates], judged(alarms, trial.relevant()))


def _scores(detector: AssetDetector, block: Block, on_progress: Progress) -> Scores:
    """The scores of rows, and the contributions to those past the line."""
    state = detector.begin(1)
    parts: list[Scores] = []
    for row in range(0, block.rows, STRIDE):
        rows = slice(row, row + STRIDE)
        with np.errstate(all="ignore"):
            found, state = detector.score(Block(block.micros[rows], block.values[rows]), state)
        parts.append(found)
        on_progress(min(1.0, (row + STRIDE) / block.rows))
    if not parts:
        return detector.score(block, state)[0]
    names = ("score", "expected", "low", "high", "channel", "contributions")
    return Scores(*(np.vstack([getattr(part, name) for part in parts]) for name in names))
