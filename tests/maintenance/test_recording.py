from __future__ import annotations

import numpy as np
import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from maintenance.episodes import LOOK_BACK
from maintenance.models import Anomaly
from maintenance.recording import Scored, record_episodes
from mlops.detectors.base import Explanation
from sensors.history.windows import EPOCH
from sensors.models import Sensor
from tests.factories import MINUTE, NOON, make_anomaly, make_sensor

HIGH, DEVIATION = Anomaly.Kind.HIGH_LIMIT, Anomaly.Kind.DEVIATION


def scored(
    sensor: Sensor, scores: list[float], *, kind: str = HIGH, start: int = 0, known: int = 0
) -> Scored:
    """Scores a minute apart from `start` on; of each value ten times its score. The
    first `known` were seen before."""
    minutes = range(start, start + len(scores))
    return Scored(
        asset=sensor.asset,
        sensor=sensor,
        kind=kind,
        detector="limits#1",
        micros=np.array([(NOON + MINUTE * m - EPOCH).total_seconds() * 1e6 for m in minutes])
        .round()
        .astype(np.int64),
        values=np.array(scores, dtype=float) * 10,
        scores=np.array(scores, dtype=float),
        is_new=np.arange(len(scores)) >= known,
        explain=lambda position: Explanation(f"value {scores[position] * 10:g}", {"limit": 10.0}),
        request_ids=("req-1",),
    )


def record(sensor: Sensor, scores: list[float], *, start: int = 0, kind: str = HIGH) -> None:
    record_episodes([scored(sensor, scores, kind=kind, start=start)])


def minutes(moment: object) -> int | None:
    return None if moment is None else (moment - NOON) // MINUTE  # type: ignore[operator]


@pytest.mark.django_db
def test_calm_readings_leave_nothing_behind() -> None:
    record(make_sensor(), [0, 0.5, 0.99])

    assert not Anomaly.objects.exists()


@pytest.mark.django_db
def test_an_episode_is_written_with_its_reason() -> None:
    sensor = make_sensor()

    record(sensor, [0, 1.2, 2.5, 1.6])

    anomaly = Anomaly.objects.get()
    assert (anomaly.sensor, anomaly.asset, anomaly.kind) == (sensor, sensor.asset, HIGH)
    assert (anomaly.detector, anomaly.correlation_ids) == ("limits#1", ["req-1"])
    assert (minutes(anomaly.started_at), minutes(anomaly.last_seen_at)) == (1, 3)
    assert (minutes(anomaly.peak_at), anomaly.peak_value) == (2, 25)
    assert (anomaly.reason, anomaly.evidence) == ("value 25", {"limit": 10.0})
    assert (anomaly.score, anomaly.score_worst) == (1.6, 2.5)
    assert (anomaly.severity, anomaly.severity_worst) == (2, 3)
    assert (anomaly.status, anomaly.decision_pending) == ("ACTIVE_UNACK", True)


@pytest.mark.django_db
def test_an_open_anomaly_is_carried_on() -> None:
    sensor = make_sensor()
    record(sensor, [1.2])

    record(sensor, [3.5, 0.5], start=1)

    anomaly = Anomaly.objects.get()
    assert (minutes(anomaly.started_at), minutes(anomaly.last_seen_at)) == (0, 1)
    assert (anomaly.severity, anomaly.severity_worst) == (1, 4)
    assert anomaly.reason == "value 35"


@pytest.mark.django_db
def test_a_lower_peak_does_not_replace_the_reason() -> None:
    sensor = make_sensor()
    record(sensor, [2.5])

    record(sensor, [1.5], start=1)

    anomaly = Anomaly.objects.get()
    assert (anomaly.reason, anomaly.peak_value) == ("value 25", 25)
    assert (anomaly.score, anomaly.score_worst) == (1.5, 2.5)


@pytest.mark.django_db
@pytest.mark.parametrize(("score", "pending"), [(2.9, False), (3.0, True), (1.0, False)])
def test_only_a_worsening_asks_for_a_new_decision(score: float, pending: bool) -> None:
    sensor = make_sensor()
    record(sensor, [2.5])
    Anomaly.objects.update(decision_pending=False)

    record(sensor, [score], start=1)

    assert Anomaly.objects.get().decision_pending is pending


@pytest.mark.django_db
def test_an_anomaly_ends_when_it_has_been_calm() -> None:
    sensor = make_sensor()
    record(sensor, [2.5])

    record(sensor, [0, 0, 0, 0, 0], start=1)

    anomaly = Anomaly.objects.get()
    assert (minutes(anomaly.last_seen_at), minutes(anomaly.ended_at)) == (0, 5)
    assert (anomaly.severity, anomaly.severity_worst) == (1, 3)
    assert anomaly.status == "CLEARED_UNACK"


@pytest.mark.django_db
def test_the_next_episode_is_a_new_anomaly() -> None:
    sensor = make_sensor()
    record(sensor, [2.5])

    record(sensor, [0, 0, 0, 0, 0, 1.5, 0, 0, 0, 0, 0, 1.2], start=1)

    rows = Anomaly.objects.order_by("started_at")
    spans = [(minutes(row.started_at), minutes(row.ended_at)) for row in rows]
    assert spans == [(0, 5), (6, 11), (12, None)]


@pytest.mark.django_db
def test_kinds_and_sensors_do_not_mix() -> None:
    one, other = make_sensor(), make_sensor()

    record_episodes(
        [
            scored(one, [3, 3, 3]),
            scored(one, [9, 9, 9], kind=DEVIATION),
            scored(other, [0, 0, 1]),
        ]
    )

    found = {(a.sensor, a.kind): a.severity_worst for a in Anomaly.objects.all()}
    assert found == {(one, HIGH): 4, (one, DEVIATION): 3, (other, HIGH): 1}


@pytest.mark.django_db
def test_a_sensor_has_one_open_anomaly_of_a_kind_at_most() -> None:
    sensor = make_sensor()
    make_anomaly(sensor, ended_at=NOON)
    make_anomaly(sensor, kind=DEVIATION)
    make_anomaly(sensor)

    with pytest.raises(IntegrityError, match="one_open_anomaly_per_sensor_and_kind"):
        make_anomaly(sensor)


@pytest.mark.django_db
def test_its_queries_do_not_grow_with_sensors_and_readings() -> None:
    def queries(sensors: list[Sensor], scores: list[float]) -> int:
        with CaptureQueriesContext(connection) as captured:
            record_episodes([scored(sensor, scores) for sensor in sensors])
        return len(captured)

    few = queries([make_sensor()], [2, 2])
    many = queries([make_sensor() for _ in range(20)], [2.0] * 100)

    assert many == few


class RecordingInPartsTest(TestCase):
    @settings(max_examples=15, deadline=None)
    @given(
        st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0]), min_size=1, max_size=14),
        st.sampled_from([HIGH, DEVIATION]),
    )
    def test_one_by_one_is_the_same_as_in_one_batch(self, scores: list[float], kind: str) -> None:
        whole, single = make_sensor(), make_sensor()

        record(whole, scores, kind=kind)
        for index in range(len(scores)):
            start = max(index - LOOK_BACK, 0)
            part = scores[start : index + 1]
            record_episodes([scored(single, part, kind=kind, start=start, known=len(part) - 1)])

        fields = ("started_at", "last_seen_at", "ended_at", "peak_at", "peak_value", "severity")
        more = ("severity_worst", "score", "score_worst", "reason")
        rows = [
            list(sensor.anomalies.order_by("started_at").values_list(*fields, *more))
            for sensor in (whole, single)
        ]
        assert rows[0] == rows[1]
