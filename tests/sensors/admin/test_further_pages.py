"""Pages and files that follow others are of one answer with them."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from sensors.intake.storing import store_readings
from sensors.models import Sensor, Site
from tests.factories import MINUTE, NOON, make_batch, make_history, make_sensor, reading
from tests.sensors.intake.courses import read

pytestmark = pytest.mark.django_db

ABOUT = ("resolution", "from", "to", "bounded")


@pytest.fixture
def sensor(site: Site) -> Sensor:
    """Ten readings, one a minute until noon."""
    sensor = make_sensor(site=site, code="T1")
    make_history(sensor, range(10))
    return sensor


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"newest": "true"},
        {"resolution": "auto"},
        {"resolution": "1m"},
        {"from_": "2026-05-01"},
    ],
)
def test_further_pages_are_of_the_same_interval(
    gateway: APIClient, sensor: Sensor, query: dict[str, str]
) -> None:
    first = read(gateway, sensor, limit=4, **query).json()
    around = [reading("T1", 5, NOON - 60 * MINUTE), reading("T1", 5, NOON + MINUTE)]
    store_readings([make_batch(sensor.site, around)])

    pages = [first]
    while url := pages[-1]["next"]:
        pages.append(gateway.get(url).json())
    back = pages[-1:]
    while url := back[-1].get("previous"):
        back.append(gateway.get(url).json())

    assert [len(page["results"]) for page in pages] == [4, 4, 2]
    assert first["bounded"] is True
    for page in pages + back:
        assert [page[name] for name in ABOUT] == [first[name] for name in ABOUT]


@pytest.mark.parametrize("resolution", ["raw", "1m"])
def test_further_files_are_of_the_same_interval(
    gateway: APIClient, sensor: Sensor, resolution: str
) -> None:
    first = read(gateway, sensor, limit=4, format="csv", resolution=resolution)
    second = gateway.get(first["Link"].split(">")[0][1:])

    assert first.getvalue() != second.getvalue()
    assert second["X-Bounded"] == "true"
    for name in ("X-Resolution", "X-From", "X-To"):
        assert second[name] == first[name]
