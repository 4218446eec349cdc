from __future__ import annotations

import numpy as np
import pytest

from mlops.remaining_life.features import beginnings, slopes, spreads, window_features
from mlops.remaining_life.health import HealthIndices, health_features

VALUES = np.random.default_rng(5).normal(size=(90, 3))
WINDOWS = (5, 20, 40)


@pytest.mark.parametrize("features", [window_features, health_features])
@pytest.mark.parametrize("row", [1, 4, 5, 20, 60])
def test_a_row_knows_nothing_of_what_comes_after(features, row: int) -> None:
    whole = features(VALUES, WINDOWS)

    assert features(VALUES[:row], WINDOWS)[-1] == pytest.approx(whole[row - 1], abs=1e-5)


def test_slope_is_that_of_the_least_squares_line() -> None:
    expected = np.polyfit(np.arange(20), VALUES[70:], 1)[0]

    assert slopes(VALUES, 20)[-1] == pytest.approx(expected)


def test_spread_is_the_standard_deviation_of_the_window() -> None:
    assert spreads(VALUES, 20)[-1] == pytest.approx(VALUES[70:].std(axis=0))


def test_how_a_unit_began_does_not_change_later() -> None:
    began = beginnings(VALUES, 20)

    assert began[20:] == pytest.approx(np.tile(VALUES[:20].mean(axis=0), (70, 1)))


def test_a_regime_has_its_own_weights() -> None:
    left = np.tile(np.arange(100.0), 2)
    wear = (100 - left)[:, None] / 100
    labels = np.repeat([0, 1], 100)
    # In regime 1 the same sensor goes the other way.
    scaled = np.where(labels[:, None] == 0, wear, -wear)

    indices = HealthIndices(cap=100).fit([scaled], [labels], left).transform(scaled, labels)

    assert np.corrcoef(indices[:100, 0], left[:100])[0, 1] > 0.99
    assert np.corrcoef(indices[100:, 0], left[100:])[0, 1] > 0.99


def test_a_regime_that_no_failed_unit_was_in_uses_the_weights_of_all() -> None:
    left = np.arange(100.0)
    indices = HealthIndices(cap=100).fit([left[:, None]], [np.zeros(100, int)], left)

    known = indices.transform(np.array([[7.0]]), np.array([0]))

    assert (indices.transform(np.array([[7.0]]), np.array([3])) == known).all()
