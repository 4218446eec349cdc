"""What speaks for and against an episode, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from maintenance.anomalies import credibility
from maintenance.anomalies.credibility import Evidence, rate
from maintenance.models import Anomaly
from maintenance.recording import record_episodes
from sensors.models import Asset, Reading
from tests.factories import (
    NOON,
    make_anomaly,
    make_asset,
    make_history,
    make_sensor,
    make_symptom,
)
from tests.maintenance.anomalies.recorded import CALM, record, scored

STATISTICAL = Evidence(score=1.5)


def points(rule: str, evidence: Evidence) -> float | None:
    found = {part.rule: part.points for part in rate(evidence).contributions}
    return found.get(rule)


@pytest.mark.parametrize(
    ("rule", "evidence", "expected"),
    [
        ("detector", Evidence(score=1.0), -0.4),
        ("detector", Evidence(score=2.0), 0.4),
        ("detector", Evidence(score=99.0), 2.0),
        ("detector", Evidence(score=1.0, is_limit=True), 2.0),
        ("detector", Evidence(score=1.0, of_sensor=True), 1.0),
        ("quality", replace(STATISTICAL, good_share=1.0), 0.3),
        ("quality", replace(STATISTICAL, good_share=0.0), -2.0),
        ("quality", STATISTICAL, None),
        ("quality", Evidence(score=2, of_sensor=True, good_share=0.0), None),
        ("agreement", STATISTICAL, None),
        ("agreement", replace(STATISTICAL, agreeing=1, others=3), 0.7),
        ("agreement", replace(STATISTICAL, agreeing=3, others=3), 1.4),
        ("agreement", replace(STATISTICAL, agreeing=0, others=3), -0.4),
        ("agreement", replace(STATISTICAL, agreeing=0, others=1), None),
        ("history", STATISTICAL, 0.4),
        ("history", replace(STATISTICAL, before=1), 0.4),
        ("history", replace(STATISTICAL, before=3), 0.1),
        ("history", replace(STATISTICAL, before=8, brief=7), -0.8),
        ("history", replace(STATISTICAL, before=8, brief=4), 0.1),
        ("verdicts", STATISTICAL, None),
        ("verdicts", replace(STATISTICAL, right=1), 0.693),
        ("verdicts", replace(STATISTICAL, right=2, wrong=2), 0.0),
        ("verdicts", replace(STATISTICAL, wrong=50), -2.0),
    ],
)
def test_each_rule_says_what_it_says(rule, evidence, expected) -> None:
    assert points(rule, evidence) == expected


@given(
    st.builds(
        Evidence,
        score=st.floats(1, 1e6),
        is_limit=st.booleans(),
        of_sensor=st.booleans(),
        good_share=st.none() | st.floats(0, 1),
        agreeing=st.none() | st.integers(0, 9),
        others=st.integers(9, 20),
        before=st.integers(0, 99),
        brief=st.integers(0, 99),
        right=st.integers(0, 99),
        wrong=st.integers(0, 99),
    )
)
def test_it_is_a_share_and_each_contribution_is_kept(evidence: Evidence) -> None:
    rated = rate(evidence)

    assert 0 < rated.value < 1
    assert len({row["rule"] for row in rated.as_rows()}) == len(rated.contributions)
    assert all(row["version"] == credibility.VERSION and row["words"] for row in rated.as_rows())


def test_people_who_found_nothing_outweigh_a_steady_detector() -> None:
    trusted = rate(replace(STATISTICAL, score=3, right=5))
    doubted = rate(replace(STATISTICAL, score=3, wrong=5))

    assert trusted.value > 0.9 > 0.5 > doubted.value


def belief(anomaly: Anomaly) -> float:
    assert anomaly.credibility is not None
    return anomaly.credibility


def rules_of(anomaly: Anomaly) -> dict[str, str]:
    return {row["rule"]: row["words"] for row in anomaly.credibility_rules}


@pytest.mark.django_db
def test_a_new_anomaly_is_rated_by_all_that_is_known() -> None:
    asset = make_asset()
    sensor, hot, *_ = (make_sensor(asset=asset) for _ in range(4))
    make_history(sensor, [70.0] * 30)
    Reading.objects.filter(sensor=sensor, taken_at__gte=NOON - timedelta(minutes=5)).update(
        quality=Reading.Quality.UNCERTAIN
    )
    make_anomaly(hot)
    ended = {"kind": "deviation", "ended_at": NOON, "started_at": NOON, "detector": "limits#7"}
    make_anomaly(sensor, verdict="false_positive", verdict_at=NOON, **ended)
    make_anomaly(sensor, verdict="inconclusive", verdict_at=NOON, **ended)

    anomaly = record(sensor, [2.5], start=1)

    assert rules_of(anomaly) == {
        "detector": "a limit that somebody set, score 2.5",
        "quality": "75% of its last readings are good",
        "agreement": "1 of 3 other sensors show something too",
        "history": "stable: hardly ever seen on this sensor in 30 days",
        "verdicts": "this detector was right 0 and wrong 1 times here",
    }
    assert 0.9 < belief(anomaly) < 1


@pytest.mark.django_db
def test_it_is_rated_again_when_it_gets_worse_and_not_otherwise() -> None:
    sensor = make_sensor()
    first = belief(record(sensor, [1.2]))

    same = belief(record(sensor, [1.3], start=1))
    worse = belief(record(sensor, [3.5], start=2))

    assert first == same < worse


@pytest.mark.django_db
def test_sensors_that_nobody_has_placed_do_not_agree() -> None:
    asset = make_asset(tag=Asset.UNASSIGNED)
    for _ in range(3):
        make_sensor(asset=asset)

    anomaly = record(make_sensor(asset=asset), [2.0])

    assert "agreement" not in rules_of(anomaly)


@pytest.mark.django_db
def test_what_deviates_on_several_sensors_agrees_with_itself() -> None:
    asset = make_asset()
    one, other = make_sensor(asset=asset), make_sensor(asset=asset)

    record_episodes([scored(s, [2.0], kind="deviation") for s in (one, other)])

    assert rules_of(Anomaly.objects.get())["agreement"].startswith("1 of 1")


@pytest.mark.django_db
def test_a_fault_of_a_sensor_confirms_nothing_about_the_machine() -> None:
    asset = make_asset()
    sensor, stuck, _ = (make_sensor(asset=asset) for _ in range(3))
    make_symptom(make_anomaly(stuck, kind="stuck"), kind="noise_gone")

    anomaly = record(sensor, [2.0])

    assert rules_of(anomaly)["agreement"] == "none of 2 other sensors shows anything"


@pytest.mark.django_db
def test_a_sensor_that_chatters_is_believed_less() -> None:
    sensor = make_sensor()
    for round_ in range(7):
        record(sensor, [2.0, *CALM], start=10 * round_)

    last = record(sensor, [2.0], start=100)

    assert (
        rules_of(last)["history"]
        == "volatile: seen 7 times in 30 days, mostly over within minutes"
    )
    assert belief(last) < belief(sensor.anomalies.earliest("pk"))


@pytest.mark.django_db
def test_many_are_rated_with_as_many_queries_as_one() -> None:
    def queries(count: int) -> int:
        sensors = [make_sensor(asset=make_asset(parent=make_asset())) for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            record_episodes([scored(sensor, [2.0]) for sensor in sensors])
        return len(captured)

    assert queries(12) == queries(1)
