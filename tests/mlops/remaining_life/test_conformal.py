from __future__ import annotations

import numpy as np
import pytest

from mlops.metrics.remaining_life import cover, cover_by_band
from mlops.remaining_life.conformal import LifeIntervals

CAP = 100.0
COVERS = (0.5, 0.8, 0.9)


def forecasts(units: int, seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Predictions that err more the more life is left, and always alike within a unit."""
    rng = np.random.default_rng(seed)
    left = [np.arange(rows)[::-1].astype(float) for rows in rng.integers(80, 200, units)]
    errors = rng.normal(size=units)
    predicted = [
        np.clip(np.minimum(rows, CAP) + error * (2 + 0.15 * np.minimum(rows, CAP)), 0, CAP)
        for rows, error in zip(left, errors, strict=True)
    ]
    return predicted, left


@pytest.fixture(scope="module")
def intervals() -> LifeIntervals:
    return LifeIntervals(CAP, COVERS).fit(*forecasts(800, seed=1))


@pytest.mark.parametrize("most", [20, 60, 190])
def test_cover_holds_whatever_lives_are_asked_about(intervals: LifeIntervals, most: int) -> None:
    rng = np.random.default_rng(2)
    predicted, left = forecasts(2000, seed=3)
    rows = [len(life) - 1 - int(rng.integers(0, min(most, len(life)))) for life in left]
    asked = np.array([p[row] for p, row in zip(predicted, rows, strict=True)])
    true = np.minimum([life[row] for life, row in zip(left, rows, strict=True)], CAP)

    low, high = intervals.predict(asked)

    for stated, a, b in zip(COVERS, low, high, strict=True):
        assert stated - 0.06 <= cover(true, a, b) <= stated + 0.09
    bands = cover_by_band(true, low[2], high[2], np.array([0, 20, 40, 60, 80, CAP]))
    assert min(band.cover for band in bands) >= 0.83


def test_wider_covers_contain_the_narrower(intervals: LifeIntervals) -> None:
    low, high = intervals.predict(np.linspace(0, CAP, 201))

    assert (np.diff(low, axis=0) <= 0).all()
    assert (np.diff(high, axis=0) >= 0).all()


def test_ends_lie_around_the_forecast_and_within_zero_and_the_cap(
    intervals: LifeIntervals,
) -> None:
    asked = np.linspace(0, CAP, 201)

    low, high = intervals.predict(asked)

    assert (low >= 0).all() and (low <= asked).all()
    assert (high <= CAP).all() and (high >= asked).all()


def test_more_life_forecast_never_lowers_an_end(intervals: LifeIntervals) -> None:
    low, high = intervals.predict(np.linspace(0, CAP, 201))

    assert (np.diff(low, axis=1) >= 0).all()
    assert (np.diff(high, axis=1) >= 0).all()


def test_with_too_few_units_an_interval_is_open() -> None:
    few = LifeIntervals(CAP, COVERS).fit(*forecasts(8, seed=1))

    low, high = few.predict(np.array([50.0]))

    # Eight units cannot say what happens once in twenty times, but what does half the time.
    assert (low[2, 0], high[2, 0]) == (0, CAP)
    assert high[0, 0] < CAP


def test_twice_the_rows_of_a_unit_do_not_make_it_two_units() -> None:
    predicted, left = forecasts(12, seed=1)
    doubled = LifeIntervals(CAP, COVERS).fit(
        [np.repeat(p, 2) for p in predicted], [np.repeat(life, 2) for life in left]
    )
    once = LifeIntervals(CAP, COVERS).fit(predicted, left)

    assert (doubled.low_ == once.low_).all()
    assert (doubled.high_ == once.high_).all()
