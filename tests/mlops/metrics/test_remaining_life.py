from __future__ import annotations

import numpy as np
import pytest

from mlops.metrics.remaining_life import BandCover, cover, cover_by_band, phm08_score, rmse

TRUE = np.array([5.0, 20.0, 60.0, 100.0])


def test_perfect_forecasts_have_no_error() -> None:
    assert rmse(TRUE, TRUE) == 0
    assert phm08_score(TRUE, TRUE) == 0


def test_the_error_is_in_rows() -> None:
    assert rmse(TRUE, TRUE + 3) == pytest.approx(3)


def test_a_forecast_too_long_costs_more_than_one_too_short() -> None:
    late, early = phm08_score(TRUE, TRUE + 10), phm08_score(TRUE, TRUE - 10)

    assert late == pytest.approx(4 * (np.e - 1))
    assert early == pytest.approx(4 * (np.exp(10 / 13) - 1))


def test_cover_counts_the_ends() -> None:
    assert cover(TRUE, TRUE, TRUE) == 1
    assert cover(TRUE, TRUE + 1, TRUE + 2) == 0
    assert cover(TRUE, np.zeros(4), np.full(4, 20.0)) == 0.5


def test_bands_are_half_open_but_for_the_last() -> None:
    edges = np.array([0.0, 20.0, 50.0, 80.0, 100.0])

    bands = cover_by_band(TRUE, np.zeros(4), np.full(4, 50.0), edges)

    assert bands == [
        BandCover(0, 20, 1, 1.0),
        BandCover(20, 50, 1, 1.0),
        BandCover(50, 80, 1, 0.0),
        BandCover(80, 100, 1, 0.0),
    ]


def test_bands_without_units_are_left_out() -> None:
    bands = cover_by_band(np.array([5.0]), np.array([0.0]), np.array([9.0]), np.array([0, 9, 20]))

    assert [band.start for band in bands] == [0]
