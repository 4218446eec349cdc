"""Which rows a life has."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from maintenance.models import Life
from mlops.learning.life_histories import CannotLearnError, gathered, layout_of, members_of
from mlops.learning.life_rows import Layout, rows_of_life
from mlops.models import GateLevels
from sensors.models import Asset, AssetType, Sensor
from tests.factories import MINUTE, NOON, make_asset, make_history, make_life, make_sensor

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def asset() -> Asset:
    return make_asset(tag="P-1")


def add(
    asset: Asset, name: str, values: list[float], every: timedelta, **fields: object
) -> Sensor:
    """A sensor with readings until noon."""
    sensor = make_sensor(asset=asset, code=f"{asset.tag}_{name}", **fields)
    make_history(sensor, values, until=NOON, every=every)
    return sensor


def values_of(life: Life, layout: Layout) -> list[list[float]]:
    members = members_of([life])[life.asset_id]
    history = rows_of_life(life, members, layout, NOON).history
    return np.hstack([history.settings, history.sensors]).round(6).tolist()


def test_a_row_is_the_mean_of_a_whole_bin_within_the_life(asset: Asset) -> None:
    add(asset, "a", [1.0, 3, 5, 7, 9, 11, 13, 15], every=30 * MINUTE)
    # From a bin that it begins in to one that it ends in.
    life = make_life(asset, NOON - 3.5 * HOUR, ended_at=NOON - 0.5 * HOUR)

    assert values_of(life, Layout((), ("a",), HOUR)) == [[6], [10]]
    assert values_of(life, Layout((), ("a",), 30 * MINUTE)) == [[3], [5], [7], [9], [11], [13]]


def test_when_nothing_was_read_the_machine_did_not_operate(asset: Asset) -> None:
    sensor = add(asset, "a", [1.0, 2, 3, 4], every=HOUR)
    sensor.readings.filter(value=2).delete()
    life = make_life(asset, NOON - 9 * HOUR)

    assert values_of(life, Layout((), ("a",), HOUR)) == [[1], [3], [4]]


@pytest.mark.parametrize("is_learnt", [True, False])
def test_while_its_gate_is_off_the_machine_does_not_age(asset: Asset, is_learnt: bool) -> None:
    gate = add(asset, "rpm", [1500.0, 0, 0, 1500], every=HOUR)
    above = None if is_learnt else 900.0
    add(asset, "a", [1.0, 2, 3, 4], every=HOUR, gate=gate, runs_above=above)
    if is_learnt:
        GateLevels.objects.create(sensor=gate, off=300, on=900, learnt_at=NOON)
    life = make_life(asset, NOON - 9 * HOUR)

    assert values_of(life, Layout((), ("a",), HOUR)) == [[1], [4]]


def test_a_setting_holds_until_it_is_told_again(asset: Asset) -> None:
    load = add(asset, "load", [7.0, 8, 9, 5], every=HOUR, is_setting=True)
    load.readings.filter(value__in=[7, 9]).delete()
    add(asset, "a", [1.0, 2, 3, 4], every=HOUR)
    life = make_life(asset, NOON - 9 * HOUR)

    # Before the first word of it a row cannot be compared.
    assert values_of(life, Layout(("load",), ("a",), HOUR)) == [[8, 2], [8, 3], [5, 4]]


def test_rows_are_so_wide_that_a_usual_life_has_some_hundreds(asset: Asset) -> None:
    add(asset, "a", [1.0] * 10, every=MINUTE)
    add(asset, "load", [1.0] * 10, every=MINUTE, is_setting=True)

    def chosen(hours: float) -> Layout:
        life = Life(asset=asset, started_at=NOON - hours * HOUR, ended_at=NOON)
        return layout_of([life], members_of([life]))

    assert chosen(205) == Layout(("load",), ("a",), HOUR)
    assert chosen(10).width == 2 * MINUTE
    assert chosen(24 * 365).width == timedelta(days=2)


def test_a_row_is_never_shorter_than_the_time_between_readings(asset: Asset) -> None:
    add(asset, "a", [1.0] * 10, every=4 * HOUR)
    life = make_life(asset, NOON - 40 * HOUR, ended_at=NOON)

    assert layout_of([life], members_of([life])).width == 4 * HOUR


def test_sensors_that_cannot_be_matched_are_refused_clearly() -> None:
    pump = AssetType.objects.create(code="pump", name="Pump")
    for name in ("a", "b"):
        asset = make_asset(type=pump)
        add(asset, name, [1.0] * 10, every=HOUR)
        make_life(asset, NOON - 9 * HOUR, ended_at=NOON)

    with pytest.raises(CannotLearnError, match="cannot be matched to each other"):
        gathered(pump, needed=2)


def test_lives_that_cannot_be_read_are_left_out_and_counted() -> None:
    pump = AssetType.objects.create(code="pump", name="Pump")
    for hours in (9, 9, 9, 2):
        asset = make_asset(type=pump)
        add(asset, "a", [1.0] * 10, every=HOUR)
        make_life(asset, NOON - hours * HOUR, ended_at=NOON)

    assert len(gathered(pump, needed=3).rows) == 3
    assert gathered(pump, needed=3).left_out == {"fewer than 5 rows of 1 h": 1}
    with pytest.raises(CannotLearnError, match="3 of 4 lives can be learnt from: 1 × fewer than"):
        gathered(pump, needed=4)
