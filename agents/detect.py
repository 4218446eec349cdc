from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from celery import shared_task
from numpy.typing import NDArray

from agents.base import Agent
from agents.models import PipelineRun
from maintenance.episodes import ALARM_LINE, LOOK_BACK
from maintenance.models import Anomaly
from maintenance.recording import Scored, record_episodes
from mlops.registry import active_detectors
from sensors.models import Reading, ReadingBatch, Sensor
from sensors.windows import Window, histories, moment_of, windows_of

HISTORY = 300  # Readings of a sensor that a detector learns from
# Numbers near the end of what a float holds overflow on the way; no score needs more.
HIGHEST_SCORE = 1e6


@shared_task(base=Agent, name="agents.detect")
def detect(run_id: int) -> None:
    """Score the run's live readings and record what stands out as episodes."""
    with PipelineRun.objects.entering(run_id, PipelineRun.Stage.DETECTED) as run:
        if run:
            batches = ReadingBatch.objects.located().filter(runs=run)
            record_anomalies(list(batches.filter(mode=ReadingBatch.Mode.LIVE).order_by("pk")))


def record_anomalies(batches: Sequence[ReadingBatch]) -> None:
    """See the believable readings of the batches with the detectors of their sensors."""
    touched = {pk for batch in batches for pk in batch.sensor_ids}
    # Locked, so that two runs with the same sensor take its readings one after another.
    sensors = {s.pk: s for s in Sensor.objects.filter(pk__in=touched).locked()}
    # A few readings from before are scored again: the episode rules need their past.
    windows = windows_of(batches, before=LOOK_BACK, worst=Reading.Quality.UNCERTAIN)
    deviating = Anomaly.objects.deviating_since(touched)
    pasts = histories(
        [(window.sensor_id, _learn_until(window, deviating)) for window in windows], size=HISTORY
    )
    requests = {batch.pk: batch.correlation_id for batch in batches}
    record_episodes(
        [
            scored
            for window, past in zip(windows, pasts, strict=True)
            for scored in _scored(window, past, sensors[window.sensor_id], requests)
        ]
    )


def _learn_until(window: Window, deviating: Mapping[int, datetime]) -> datetime:
    """A fault that goes on must not become what is normal."""
    begins = moment_of(window.micros[0])
    return min(begins, deviating.get(window.sensor_id, begins))


def _scored(
    window: Window, past: NDArray[np.float64], sensor: Sensor, requests: Mapping[int, str]
) -> Iterator[Scored]:
    for active in active_detectors(sensor):
        if past.size < active.detector.min_history:
            continue
        with np.errstate(all="ignore"):
            detector = active.detector.fit(past)
            scores = np.nan_to_num(detector.score(window.values), nan=0.0)
        scores = np.clip(scores, 0.0, HIGHEST_SCORE)
        beyond = window.batch_ids[window.is_new & (scores >= ALARM_LINE)]
        yield Scored(
            sensor=sensor,
            kind=active.kind,
            detector=active.label,
            micros=window.micros,
            values=window.values,
            scores=scores,
            is_new=window.is_new,
            explain=detector.explain,
            request_ids=tuple(requests[pk] for pk in np.unique(beyond).tolist()),
        )
