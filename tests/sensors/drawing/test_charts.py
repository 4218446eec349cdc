from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from sensors.drawing.charts import FEW, LABEL_HEIGHT, Limit, draw
from sensors.models import Reading
from tests.factories import MINUTE, NOON, make_anomaly, make_history, make_sensor, make_site

LINE = [(NOON + MINUTE * n, float(n)) for n in range(10)]


def test_the_line_spans_the_picture() -> None:
    chart = draw("S1", LINE)

    points = [tuple(map(float, p.split())) for p in re.findall(r"[ML]([\d.]+ [\d.]+)", chart.path)]
    assert points[0][0] == 0
    assert points[-1][0] == 100
    assert 0 <= points[-1][1] < points[0][1] <= 100


def test_limits_are_drawn_where_they_belong() -> None:
    chart = draw("S1", LINE, limits=[Limit("warning", 12.0), Limit("alarm", 15.0)])

    warning, alarm = chart.limits
    assert alarm.at < warning.at < min(tick.at for tick in chart.values if float(tick.label) < 11)


def test_a_limit_far_away_does_not_flatten_the_line() -> None:
    assert draw("S1", LINE, limits=[Limit("alarm", 1e9)]).limits == ()


def test_a_silence_breaks_the_line() -> None:
    later = [(moment + timedelta(hours=5), value) for moment, value in LINE]

    assert draw("S1", [*LINE, *later]).path.count("M") == 2


def test_labels_of_close_limits_do_not_cover_each_other() -> None:
    chart = draw("S1", LINE, limits=[Limit("alarm", 8.1), Limit("warning", 8.0)])

    warning, alarm = chart.limits
    assert warning.label_at == warning.at
    assert warning.label_at - alarm.label_at >= LABEL_HEIGHT - 0.01


def test_points_that_no_line_shows_are_dots() -> None:
    many = [(NOON + MINUTE * n, 1.0) for n in range(FEW + 1)]
    alone = (NOON + timedelta(days=1), 1.0)

    assert len(draw("S1", LINE).dots) == len(LINE)
    assert draw("S1", many).dots == ()
    assert [dot.x for dot in draw("S1", [*many, alone]).dots] == [100]


def test_an_episode_is_shaded_and_its_peak_is_marked() -> None:
    chart = draw("S1", LINE, unit="bar", episodes=[(LINE[4][0], LINE[8][0])], peak=LINE[6])

    [band] = chart.bands
    assert chart.peak is not None
    assert band.x < chart.peak.x < band.x + band.width
    assert chart.peak.label == "6 bar"
    assert "abnormal from" in chart.description


def test_times_are_those_of_the_clocks_there() -> None:
    line = [(NOON + timedelta(hours=n), 1.0) for n in range(13)]
    episode = (line[1][0], line[2][0])

    chart = draw("S1", line, episodes=[episode], peak=line[3], zone=ZoneInfo("Asia/Kolkata"))

    assert [tick.label for tick in chart.times] == ["18:00", "21:00", "00:00", "03:00"]
    assert chart.zone == "IST"
    assert "01 Jun 2026 17:30 to 02 Jun 2026 05:30 IST" in chart.description
    assert "abnormal from 01 Jun 18:30 to 01 Jun 19:30" in chart.description
    assert "at 01 Jun 20:30" in chart.description


def test_an_hour_that_comes_twice_is_drawn_twice() -> None:
    before = datetime(2026, 10, 24, 22, tzinfo=UTC)
    line = [(before + timedelta(hours=n), 1.0) for n in range(6)]

    there, here = (draw("S1", line, zone=z) for z in (ZoneInfo("Europe/Berlin"), UTC))

    assert there.path == here.path
    assert [tick.label for tick in there.times] == ["01:00", "02:00", "02:00", "03:00"]
    assert there.zone == "CET"


@pytest.mark.django_db
def test_a_picture_is_labelled_in_the_time_of_its_site(admin_client: Client) -> None:
    sensor = make_sensor(site=make_site(time_zone="Europe/Berlin"))
    make_history(sensor, [1.0, 2.0])

    for row in (sensor, make_anomaly(sensor)):
        page = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
        assert "times in CEST" in admin_client.get(page).content.decode()


@pytest.mark.parametrize(
    "points",
    [
        [],
        LINE[:1],
        [(moment, 5.0) for moment, _ in LINE],
        [(moment, 0.0) for moment, _ in LINE],
        [(NOON, -1.7e308), (NOON + MINUTE, 1.7e308)],
        [(NOON, 1e16), (NOON + MINUTE, 1e16 + 2)],
        [(NOON, 5e-324), (NOON + MINUTE, 0.0)],
        [(NOON, 1.0), (NOON + timedelta(days=4000), 2.0)],
        [(NOON, 1.0), (NOON + timedelta(microseconds=1), 2.0)],
    ],
    ids=["none", "one", "equal", "zero", "huge", "close", "tiny", "years", "instant"],
)
def test_odd_readings_still_make_a_picture(points: list) -> None:
    chart = draw("S1", points, limits=[Limit("alarm", 1.7e308)])

    numbers = [float(n) for n in re.findall(r"[\d.e+-]+", chart.path)]
    assert all(math.isfinite(n) and -1 <= n <= 101 for n in numbers)


@pytest.mark.django_db
def test_an_outline_keeps_every_peak_and_stays_small() -> None:
    sensor = make_sensor()
    values = [1.0] * 2000
    values[1234] = 99.0
    make_history(sensor, values)

    readings = Reading.objects.filter(sensor=sensor)
    outline = readings.outline(NOON - 2000 * MINUTE, NOON, steps=100)

    assert len(outline) <= 200
    assert max(value for _, value in outline) == 99.0


@pytest.mark.django_db
def test_an_outline_of_few_readings_is_the_readings() -> None:
    sensor = make_sensor()
    make_history(sensor, [3.0, 1.0, 2.0])

    outline = Reading.objects.filter(sensor=sensor).outline(NOON - 10 * MINUTE, NOON, steps=400)

    assert outline == [(NOON - 3 * MINUTE, 3.0), (NOON - 2 * MINUTE, 1.0), (NOON - MINUTE, 2.0)]
