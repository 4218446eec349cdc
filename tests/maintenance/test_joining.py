"""Which symptoms are one anomaly, and what becomes of it."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from maintenance.joining import contributions
from maintenance.models import Anomaly, Symptom
from maintenance.recording import Scored, record_episodes
from mlops.detectors.base import Explanation
from sensors.history.windows import micros_of
from sensors.models import Asset, Sensor
from tests.factories import MINUTE, NOON, make_asset, make_sensor

pytestmark = pytest.mark.django_db
CALM = [0.0] * 5


def scored(
    sensor: Sensor,
    scores: list[float],
    *,
    start: int = 0,
    kind: str = "deviation",
    shares: dict[Sensor, float] | None = None,
) -> Scored:
    """A score a minute. With `shares` they are of the sensor's asset as a whole."""
    evidence: dict[str, Any] = (
        {} if shares is None else {"contributions": {s.code: n for s, n in shares.items()}}
    )
    return Scored(
        asset=sensor.asset,
        sensor=None if shares else sensor,
        kind=kind,
        detector="seasonal_baseline#2",
        micros=np.array([micros_of(NOON + MINUTE * (start + i)) for i in range(len(scores))]),
        values=np.array(scores) * 10,
        scores=np.array(scores),
        is_new=np.ones(len(scores), dtype=bool),
        explain=lambda position: Explanation(f"score {scores[position]:g}", evidence),
        request_ids=(f"of {sensor.code}",),
        members={s.code: s for s in shares or {}},
    )


@pytest.fixture
def asset() -> Asset:
    return make_asset()


@pytest.fixture
def one(asset: Asset) -> Sensor:
    return make_sensor(asset=asset, code="ONE")


@pytest.fixture
def other(asset: Asset) -> Sensor:
    return make_sensor(asset=asset, code="OTHER")


def test_sensors_of_an_asset_that_deviate_together_are_one_anomaly(
    one: Sensor, other: Sensor
) -> None:
    record_episodes([scored(one, [2, 2, 2]), scored(other, [4, 4, 4], start=1)])

    anomaly = Anomaly.objects.get()
    assert (anomaly.sensor, anomaly.reason, anomaly.score_worst) == (other, "score 4", 4)
    assert anomaly.started_at == NOON
    assert anomaly.contributions == {"OTHER": 0.6667, "ONE": 0.3333}
    assert anomaly.correlation_ids == ["of ONE", "of OTHER"]
    assert [symptom.sensor for symptom in anomaly.symptoms.all()] == [one, other]


def test_it_lasts_until_the_last_symptom_has_ended(one: Sensor, other: Sensor) -> None:
    record_episodes([scored(one, [4, 4, 4, *CALM])])
    record_episodes([scored(other, [4, 4, 4], start=6)])
    lasting = Anomaly.objects.get()
    record_episodes([scored(other, CALM, start=9)])

    assert lasting.ended_at is None
    ended = Anomaly.objects.get()
    assert (ended.pk, ended.ended_at) == (lasting.pk, NOON + MINUTE * 13)


def test_what_begins_after_its_end_is_another_anomaly(one: Sensor, other: Sensor) -> None:
    record_episodes([scored(one, [4, 4, 4, *CALM])])

    record_episodes([scored(other, [4, 4, 4], start=20)])

    assert Anomaly.objects.count() == 2


def test_a_symptom_that_joins_asks_for_a_decision(one: Sensor, other: Sensor) -> None:
    record_episodes([scored(one, [4, 4, 4])])
    Anomaly.objects.update(decision_pending=False)

    record_episodes([scored(other, [1.1, 1.1, 1.1], start=1)])

    assert Anomaly.objects.get().decision_pending


def test_a_limit_stands_for_itself(one: Sensor, other: Sensor) -> None:
    record_episodes(
        [
            scored(one, [4, 4, 4]),
            scored(one, [2], kind="high_limit"),
            scored(other, [2], kind="high_limit"),
        ]
    )

    kinds = Anomaly.objects.order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == ["deviation", "high_limit", "high_limit"]


def test_assets_do_not_mix(one: Sensor) -> None:
    record_episodes([scored(one, [4, 4, 4]), scored(make_sensor(), [4, 4, 4])])

    assert Anomaly.objects.count() == 2


def test_sensors_that_nobody_has_placed_do_not_belong_together() -> None:
    nowhere = make_asset(tag=Asset.UNASSIGNED)
    sensors = [make_sensor(asset=nowhere) for _ in range(2)]

    record_episodes([scored(sensor, [4, 4, 4]) for sensor in sensors])

    assert {anomaly.sensor for anomaly in Anomaly.objects.all()} == set(sensors)


def test_the_asset_as_a_whole_joins_its_sensors(one: Sensor, other: Sensor) -> None:
    record_episodes([scored(one, [2, 2, 2])])

    shares = {other: 0.75, one: 0.25}
    record_episodes([scored(one, [4, 4, 4], start=1, kind="relation", shares=shares)])

    anomaly = Anomaly.objects.get()
    assert (anomaly.kind, anomaly.sensor) == ("deviation", other)
    assert anomaly.contributions == {"ONE": 0.5, "OTHER": 0.5}
    assert Symptom.objects.get(kind="relation").sensor is None


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_what_came_together_does_not_matter(
    order: tuple[int, ...], asset: Asset
) -> None:
    sensors = [make_sensor(asset=asset, code=f"S{n}") for n in range(3)]
    seen = [scored(s, [2.0 + n] * 3, start=n) for n, s in enumerate(sensors)]

    record_episodes([seen[place] for place in order])

    anomaly = Anomaly.objects.get()
    assert anomaly.contributions == {"S0": 0.2222, "S1": 0.3333, "S2": 0.4444}
    assert (anomaly.started_at, anomaly.sensor) == (NOON, sensors[2])


def test_contributions_are_shares_of_one(one: Sensor, other: Sensor) -> None:
    seen = [
        Symptom(sensor=one, score_worst=3.0),
        Symptom(sensor=other, score_worst=1.0),
        Symptom(sensor=None, score_worst=4.0, evidence={"contributions": {"OTHER": 1.0}}),
    ]

    assert contributions(seen) == {"OTHER": 0.625, "ONE": 0.375}
    assert contributions([]) == {}
