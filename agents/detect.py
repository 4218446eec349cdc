from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from celery import shared_task

from agents.base import Agent
from agents.models import PipelineRun
from maintenance.episodes import LOOK_BACK
from maintenance.recording import Scored, record_episodes
from mlops.registry import active_detectors
from sensors.models import Reading, ReadingBatch, Sensor
from sensors.windows import Window, windows_of

HISTORY = 300  # Readings of a sensor that a detector learns from


@shared_task(base=Agent, name="agents.detect")
def detect(run_id: int) -> None:
    """Score the run's live readings and record what stands out as episodes."""
    with PipelineRun.objects.entering(run_id, PipelineRun.Stage.DETECTED) as run:
        if run:
            live = run.batches.filter(mode=ReadingBatch.Mode.LIVE).order_by("pk")
            record_anomalies(list(live))


def record_anomalies(batches: Sequence[ReadingBatch]) -> None:
    """See the believable readings of the batches with the detectors of their sensors."""
    touched = {pk for batch in batches for pk in batch.sensor_ids}
    # Locked, so that two runs with the same sensor take its readings one after another.
    sensors = {s.pk: s for s in Sensor.objects.filter(pk__in=touched).locked()}
    windows = windows_of(batches, before=HISTORY + LOOK_BACK, worst=Reading.Quality.UNCERTAIN)
    record_episodes(
        [scored for window in windows for scored in _scored(window, sensors[window.sensor_id])]
    )


def _scored(window: Window, sensor: Sensor) -> Iterator[Scored]:
    first_new = int(np.argmax(window.is_new))
    # A few readings from before are scored again: the episode rules need their past.
    start = max(first_new - LOOK_BACK, 0)
    history = window.values[:start]
    for active in active_detectors(sensor):
        if history.size < active.detector.min_history:
            continue
        detector = active.detector.fit(history)
        yield Scored(
            sensor=sensor,
            kind=active.kind,
            detector=active.label,
            micros=window.micros[start:],
            values=window.values[start:],
            scores=detector.score(window.values[start:]),
            is_new=window.is_new[start:],
            explain=detector.explain,
        )
