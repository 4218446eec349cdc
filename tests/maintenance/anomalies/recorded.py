"""Readings that are scored and recorded, a clock that stands, and an ear for events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import numpy as np

from maintenance.events import many_happened
from maintenance.models import Anomaly
from maintenance.recording import Scored, record_episodes
from mlops.detectors.base import Explanation
from sensors.access import Principal, Right
from sensors.history.windows import micros_of
from sensors.models import Sensor
from tests.factories import MINUTE, NOON

CALM = [0.0] * 5


def at(minute: float) -> datetime:
    return NOON + MINUTE * minute


# Minute and score.
Past = Sequence[tuple[int, float]]


def scored(
    sensor: Sensor,
    scores: list[float],
    *,
    start: int = 0,
    kind: str = "high_limit",
    before: Past = (),
) -> Scored:
    """A score a minute from `start` on; of each the value is ten times as much. `before`
    are readings that have been recorded."""
    is_new = np.array([False] * len(before) + [True] * len(scores))
    minutes = [minute for minute, _ in before] + list(range(start, start + len(scores)))
    scores = [score for _, score in before] + scores
    return Scored(
        asset=sensor.asset,
        sensor=sensor,
        kind=kind,
        detector="limits#1",
        micros=np.array([micros_of(at(minute)) for minute in minutes]),
        values=np.array(scores) * 10,
        scores=np.array(scores),
        is_new=is_new,
        explain=lambda position: Explanation(f"value {scores[position] * 10:g}", {}),
        request_ids=("req-1",),
    )


def record(sensor: Sensor, scores: list[float], **more: Any) -> Anomaly:
    """Record scores of one sensor, and return the last anomaly of it as it is stored."""
    record_episodes([scored(sensor, scores, **more)])
    return sensor.anomalies.latest("pk")


def worker(site_id: int, *rights: Right, name: str = "erika") -> Principal:
    held = frozenset(rights or (Right.READ, Right.WORK, Right.PLAN))
    return Principal(name, {site_id: held})


@contextmanager
def heard() -> Iterator[list[tuple[str, int, str]]]:
    """What is told meanwhile: event, anomaly and key."""
    told: list[tuple[str, int, str]] = []

    def listen(*, happenings: list[dict[str, Any]], **kwargs: Any) -> None:
        told.extend((str(one["event"]), one["anomaly"].pk, one["key"]) for one in happenings)

    many_happened.connect(listen)
    try:
        yield told
    finally:
        many_happened.disconnect(listen)


def words_of(told: list[tuple[str, int, str]]) -> list[str]:
    return [event for event, *_ in told]
