from __future__ import annotations

import numpy as np
import pytest

from mlops.remaining_life.histories import History
from mlops.remaining_life.regimes import Regimes, RegimeScaler
from tests.mlops.remaining_life.fleet import make_fleet


def clustered(centres: int, noise: float, rows: int = 1200) -> np.ndarray:
    rng = np.random.default_rng(3)
    places = np.array([[k * 10.0, (k % 2) * 0.6] for k in range(centres)])
    return places[rng.integers(0, centres, rows)] + rng.normal(0, noise, (rows, 2)) * [1, 0.06]


@pytest.mark.parametrize("centres", [2, 3, 6])
def test_distinct_ways_of_operation_are_found(centres: int) -> None:
    regimes = Regimes().fit(clustered(centres, noise=0.2))

    assert len(regimes.centres_) == centres


@pytest.mark.parametrize("digits", [2, 9])
def test_settings_that_only_jitter_are_one_regime(digits: int) -> None:
    settings = np.random.default_rng(1).normal(100, 0.03, (1500, 2)).round(digits)

    regimes = Regimes().fit(settings)

    assert len(regimes.centres_) == 1


def test_one_odd_row_is_not_a_regime() -> None:
    settings = np.random.default_rng(1).normal(100, 0.01, (1500, 2))
    settings[700] = 500

    assert len(Regimes().fit(settings).centres_) == 1


@pytest.mark.parametrize("settings", [np.full((50, 2), 7.0), np.empty((50, 0))])
def test_constant_settings_or_none_are_one_regime(settings: np.ndarray) -> None:
    regimes = Regimes().fit(settings)

    assert regimes.labels(settings).tolist() == [0] * 50


def test_the_same_deviation_looks_the_same_in_every_regime() -> None:
    scaler = RegimeScaler().fit(make_fleet(20, regimes=2, noise=0.1))
    settings = np.array([[0.0, 7.0], [20.0, 7.0]])
    sensors = scaler.mean_[scaler.regimes_.labels(settings)]
    sensors[:, 2] += 0.1

    scaled, labels = scaler.transform(History("new", settings, sensors))

    assert set(labels.tolist()) == {0, 1}
    assert scaled[:, 2] == pytest.approx([1, 1], rel=0.05)
    assert scaled[:, 0] == pytest.approx([0, 0], abs=1e-9)


def test_sensors_that_never_move_are_left_out() -> None:
    fleet = [
        History(unit.unit, unit.settings, np.column_stack([unit.sensors, np.full(unit.rows, 0.1)]))
        for unit in make_fleet(5)
    ]

    assert RegimeScaler().fit(fleet).used_.tolist() == [0, 1, 2, 3]


def test_a_gap_is_bridged_from_the_past() -> None:
    fleet = make_fleet(5)
    scaler = RegimeScaler().fit(fleet)
    sensors = fleet[0].sensors[:4].copy()
    sensors[[0, 2], 1] = np.nan

    scaled, _ = scaler.transform(History("gaps", fleet[0].settings[:4], sensors))

    assert scaled[0, 1] == 0
    assert scaled[2, 1] == scaled[1, 1] != 0
