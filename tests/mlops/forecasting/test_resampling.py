from __future__ import annotations

import numpy as np
import pytest

from mlops.forecasting.resampling import bridge, resample

HOUR = 3_600_000_000


def test_readings_of_an_hour_become_their_mean() -> None:
    micros = np.array([0, 20, 40, 60, 80, 100]) * 60_000_000

    begins, means = resample(micros, np.array([1.0, 2.0, 3.0, 4.0, 5.0, 9.0]))

    assert begins == 0
    assert means.tolist() == [2.0, 6.0]


def test_the_order_of_readings_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    micros, values = rng.integers(0, 50 * HOUR, 300), rng.normal(size=300)
    order = rng.permutation(300)

    begins, means = resample(micros, values)
    begins_mixed, means_mixed = resample(micros[order], values[order])

    assert begins == begins_mixed
    np.testing.assert_allclose(means, means_mixed)


def test_an_hour_without_readings_is_nan() -> None:
    _, means = resample(np.array([0, 1, 4]) * HOUR, np.array([1.0, 2.0, 3.0]))

    np.testing.assert_array_equal(means, [1.0, 2.0, np.nan, np.nan, 3.0])


def test_the_grid_lies_on_whole_hours() -> None:
    begins, _ = resample(np.arange(5) * HOUR + HOUR // 3 + 7 * HOUR, np.ones(5))

    assert begins == 7 * HOUR


def test_half_empty_hours_at_the_ends_are_left_out() -> None:
    micros = np.arange(10, 60 * 3 + 10, 5)[9:] * 60_000_000

    begins, means = resample(micros, np.ones(micros.size))

    assert begins == HOUR
    assert means.size == 2


def test_nan_is_no_reading_and_none_is_nothing() -> None:
    assert resample(np.array([0, HOUR]), np.array([np.nan, 2.0]))[1].tolist() == [2.0]
    assert resample(np.array([0]), np.array([np.nan]))[1].size == 0
    assert resample(np.empty(0, dtype=np.int64), np.empty(0))[1].size == 0


def test_an_interval_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="interval"):
        resample(np.array([0]), np.array([1.0]), interval=0.0)


def test_a_gap_is_bridged_up_to_the_bound_and_no_further() -> None:
    values = np.array([np.nan, 0.0, np.nan, np.nan, 3.0, np.nan, np.nan, np.nan, 7.0, np.nan])

    filled = bridge(values, most=2)

    np.testing.assert_array_equal(
        filled, [np.nan, 0.0, 1.0, 2.0, 3.0, np.nan, np.nan, np.nan, 7.0, np.nan]
    )
    assert np.isnan(values[2])
