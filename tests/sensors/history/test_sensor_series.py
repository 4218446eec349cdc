"""Figures and gaps of one sensor, held against plain models of the answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import time_machine
from pytest_django import Settings
from rest_framework.test import APIClient

from sensors.history import gaps
from sensors.intake.storing import store_readings
from sensors.models import Reading, Sensor, Site
from sensors.store.upkeep import prune_readings, refresh_hours
from tests.factories import MINUTE, NOON, make_batch, make_history, make_sensor, reading

pytestmark = pytest.mark.django_db

HOUR = 60 * MINUTE
SECOND = timedelta(seconds=1)


def ask(client: APIClient, sensor: Sensor, what: str, **query: Any) -> Any:
    query = {name.rstrip("_"): at.isoformat() for name, at in query.items()}
    return client.get(f"/api/v1/sensors/{sensor.pk}/{what}?{urlencode(query)}")


def told(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    return answer.json()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def sensor(site: Site) -> Sensor:
    """300 readings until noon, one a minute, on a large level; every tenth is bad."""
    sensor = make_sensor(site=site, code="T1")
    values = 1e9 + np.random.default_rng(3).normal(0, 0.5, size=300)
    make_history(sensor, values.tolist())
    bad = sensor.readings.order_by("taken_at").values_list("taken_at", flat=True)[::10]
    sensor.readings.filter(taken_at__in=list(bad)).update(quality=Reading.Quality.BAD)
    return sensor


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(
    ("start", "end"),
    [(300, 0), (240, 60), (251, 7), (130, 121), (119, 61), (61, 60), (61, 59), (500, -60)],
)
def test_figures_are_those_of_numpy(
    gateway: APIClient, sensor: Sensor, start: int, end: int, kept: bool
) -> None:
    if kept:
        refresh_hours()
    span = NOON - start * MINUTE, NOON - end * MINUTE

    figures = told(ask(gateway, sensor, "stats", from_=span[0], to=span[1]))

    rows = sensor.readings.between(*span).order_by("taken_at")
    all_of_them = list(rows.values_list("taken_at", "value", "quality"))
    good = np.array([value for _, value, quality in all_of_them if quality < 2])
    assert figures["count"] == len(all_of_them)
    assert figures["bad"] == len(all_of_them) - good.size
    assert figures["bad_share"] == pytest.approx(1 - good.size / len(all_of_them))
    assert (figures["min"], figures["max"]) == (
        (good.min(), good.max()) if good.size else (None, None)
    )
    if good.size > 1:
        assert figures["mean"] == pytest.approx(good.mean(), rel=1e-15)
        assert figures["std"] == pytest.approx(good.std(ddof=1), rel=1e-6)
        assert figures["last_value"] == good[-1]
    assert moment(figures["first_at"]) == all_of_them[0][0]
    assert moment(figures["last_at"]) == all_of_them[-1][0]


def test_figures_of_all_readings_say_so(gateway: APIClient, sensor: Sensor) -> None:
    figures = told(ask(gateway, sensor, "stats"))

    assert figures["bounded"] is True
    assert moment(figures["from"]) == moment(figures["first_at"]) == NOON - 300 * MINUTE
    assert figures["count"] == 300
    assert figures["readings_per_second"] == pytest.approx(300 / (299 * 60))


def test_figures_of_nothing_are_none(gateway: APIClient, site: Site) -> None:
    sensor = make_sensor(site=site)

    for query in ({}, {"from_": NOON}, {"to": NOON}, {"from_": NOON, "to": NOON}):
        figures = told(ask(gateway, sensor, "stats", **query))
        assert (figures["count"], figures["mean"], figures["std"]) == (0, None, None)


def test_figures_outlive_the_readings_by_whole_hours(
    gateway: APIClient, sensor: Sensor, settings: Settings
) -> None:
    settings.KEEP_READINGS_FOR = timedelta(days=1)
    with time_machine.travel(NOON + timedelta(days=2)):
        told_before = told(ask(gateway, sensor, "stats", from_=NOON - 5 * HOUR, to=NOON))
        prune_readings()
        figures = told(ask(gateway, sensor, "stats", from_=NOON - 5 * HOUR, to=NOON))

    assert figures["count"] == 300
    assert figures["std"] == pytest.approx(told_before["std"])
    assert figures["last_at"] is None


def make_readings(sensor: Sensor, *seconds: float) -> None:
    batch = make_batch(sensor.site)
    Reading.objects.bulk_create(
        Reading(sensor=sensor, batch=batch, value=1, taken_at=NOON + s * SECOND) for s in seconds
    )


def gaps_of(answer: Any) -> list[tuple[float, float, int]]:
    """As seconds after noon, with the readings missing."""
    return [
        (
            (moment(gap["start"]) - NOON) / SECOND,
            (moment(gap["end"]) - NOON) / SECOND,
            gap["missing"],
        )
        for gap in told(answer)["gaps"]
    ]


def test_gaps_are_silences_of_three_intervals(gateway: APIClient, site: Site) -> None:
    sensor = make_sensor(site=site, expected_interval=10 * SECOND)
    make_readings(sensor, 0, 10, 20, 50, 60, 91, 100, 200)

    answer = ask(gateway, sensor, "gaps", from_=NOON, to=NOON + 210 * SECOND)

    assert gaps_of(answer) == [(60, 91, 2), (100, 200, 9)]
    body = told(answer)
    assert (body["expected_interval"], body["expected_interval_from"]) == (10, "sensor")
    assert body["gap_count"] == 2
    assert body["truncated"] is False
    assert body["availability"] == pytest.approx(1 - 131 / 210)


def test_the_interval_is_the_median_where_nobody_said_it(gateway: APIClient, site: Site) -> None:
    sensor = make_sensor(site=site)
    make_readings(sensor, 0, 9, 20, 30, 40, 41, 100)

    answer = ask(gateway, sensor, "gaps", from_=NOON, to=NOON + 110 * SECOND)

    assert told(answer)["expected_interval_from"] == "median"
    assert told(answer)["expected_interval"] == 10
    assert gaps_of(answer) == [(41, 100, 5)]


def test_a_silence_over_an_end_is_told_as_far_as_it_lies_within(
    gateway: APIClient, site: Site
) -> None:
    sensor = make_sensor(site=site, expected_interval=10 * SECOND)
    make_readings(sensor, 0, 100, 110, 200)

    answer = ask(gateway, sensor, "gaps", from_=NOON + 85 * SECOND, to=NOON + 115 * SECOND)
    inside = ask(gateway, sensor, "gaps", from_=NOON + 40 * SECOND, to=NOON + 60 * SECOND)

    assert gaps_of(answer) == [(85, 100, 1), (110, 115, 1)]
    assert told(answer)["availability"] == pytest.approx(1 / 3)
    assert gaps_of(inside) == [(40, 60, 1)]
    assert told(inside)["availability"] == 0


def test_what_has_not_come_yet_is_not_missing(gateway: APIClient, site: Site) -> None:
    sensor = make_sensor(site=site, expected_interval=10 * SECOND)
    make_readings(sensor, *range(0, 100, 10))

    with time_machine.travel(NOON + 150 * SECOND, tick=False):
        answers = [
            ask(gateway, sensor, "gaps", from_=NOON, to=NOON + HOUR),
            ask(gateway, sensor, "gaps"),
        ]

    for answer in answers:
        assert gaps_of(answer) == [(90, 150, 5)]
        assert moment(told(answer)["to"]) == NOON + 150 * SECOND
    assert told(answers[1])["bounded"] is True


@pytest.mark.parametrize(
    "span",
    [{"from_": NOON + HOUR}, {"from_": NOON + HOUR, "to": NOON + 2 * HOUR}, {"to": NOON - HOUR}],
)
def test_the_interval_never_ends_before_it_begins(
    gateway: APIClient, site: Site, span: dict[str, datetime]
) -> None:
    """Ahead of the clock, and before the first reading."""
    sensor = make_sensor(site=site, expected_interval=10 * SECOND)
    make_readings(sensor, 0, 100)

    with time_machine.travel(NOON + 150 * SECOND, tick=False):
        body = told(ask(gateway, sensor, "gaps", **span))

    assert moment(body["from"]) == moment(body["to"]) in span.values()
    assert (body["gaps"], body["gap_count"], body["availability"]) == ([], 0, None)


def test_nothing_is_missing_where_nothing_is_expected(gateway: APIClient, site: Site) -> None:
    sensor = make_sensor(site=site)
    make_readings(sensor, 0)

    for span in ({"from_": NOON, "to": NOON + HOUR}, {}, {"from_": NOON, "to": NOON}):
        body = told(ask(gateway, sensor, "gaps", **span))
        assert body["expected_interval_from"] == "unknown"
        assert (body["gaps"], body["availability"]) == ([], None)


def test_a_sensor_that_never_spoke_was_silent_all_the_time(gateway: APIClient, site: Site) -> None:
    sensor = make_sensor(site=site, expected_interval=MINUTE)

    answer = ask(gateway, sensor, "gaps", from_=NOON, to=NOON + HOUR)

    assert gaps_of(answer) == [(0, 3600, 59)]
    assert told(answer)["availability"] == 0


def test_the_first_gaps_are_listed_and_all_are_counted(
    gateway: APIClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gaps, "MOST_GAPS", 2)
    sensor = make_sensor(site=site, expected_interval=SECOND)
    make_readings(sensor, 0, 10, 20, 30)

    answer = ask(gateway, sensor, "gaps", from_=NOON, to=NOON + 30 * SECOND)

    assert gaps_of(answer) == [(0, 10, 9), (10, 20, 9)]
    assert (told(answer)["gap_count"], told(answer)["truncated"]) == (3, True)
    assert told(answer)["availability"] == 0


def test_too_many_readings_are_refused(
    gateway: APIClient, sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensors.history.gaps.MOST_EXAMINED", 99)

    answer = ask(gateway, sensor, "gaps", from_=NOON - 5 * HOUR, to=NOON)

    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_readings")


@pytest.mark.parametrize("what", ["stats", "gaps"])
@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"from_": NOON, "to": NOON - SECOND}, "to", "before_from"),
        ({"from_": datetime(1, 1, 1, tzinfo=UTC)}, None, None),
        ({"to": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)}, None, None),
        ({"to": datetime(1, 1, 1, tzinfo=UTC)}, None, None),
        ({"from_": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)}, None, None),
    ],
)
def test_odd_bounds_break_nothing(
    gateway: APIClient, sensor: Sensor, what: str, query: Any, field: str, code: str
) -> None:
    answer = ask(gateway, sensor, what, **query)

    if field:
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field
        assert answer.json()["errors"][0]["code"] == code
    else:
        told(answer)


@pytest.mark.parametrize("what", ["stats", "gaps"])
def test_a_number_beyond_any_sensor_is_not_found(gateway: APIClient, what: str) -> None:
    for pk in (0, 10**30):
        assert gateway.get(f"/api/v1/sensors/{pk}/{what}").status_code == 404


@pytest.mark.parametrize("what", ["stats", "gaps"])
def test_what_was_told_holds_until_the_readings_change(
    gateway: APIClient, sensor: Sensor, what: str
) -> None:
    span = {"from": (NOON - HOUR).isoformat(), "to": NOON.isoformat()}
    url = f"/api/v1/sensors/{sensor.pk}/{what}?{urlencode(span)}"
    tag = gateway.get(url)["ETag"]

    assert gateway.get(url, headers={"If-None-Match": tag}).status_code == 304
    store_readings([make_batch(sensor.site, [reading("T1", 5, NOON - 2.5 * MINUTE)])])
    assert gateway.get(url, headers={"If-None-Match": tag}).status_code == 200
