from __future__ import annotations

import numpy as np
import pytest

from mlops.detectors.period import dominant_period

ROWS = np.arange(1200)


@pytest.mark.parametrize("period", [12, 24, 97, 288])
def test_it_finds_the_period_under_noise(period):
    noise = np.random.default_rng(0).normal(0, 0.2, ROWS.size)

    found = dominant_period(np.sin(ROWS * 2 * np.pi / period) + noise)

    assert found == pytest.approx(period, abs=2)


def test_scale_and_level_do_not_matter():
    values = np.random.default_rng(0).normal(size=1200).cumsum() + np.sin(ROWS / 5) * 10

    assert dominant_period(values * 1000 + 7) == dominant_period(values)


def test_small_early_maxima_are_what_the_benchmarks_rule_falls_for():
    slow = np.sin(ROWS * 2 * np.pi / 288) + np.random.default_rng(0).normal(0, 0.2, ROWS.size)

    assert dominant_period(slow, settled=False) < 20
    assert dominant_period(slow) > 280


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize(
    "values",
    [
        np.full(500, 3.0),
        np.full(500, 0.1),
        np.arange(500.0),
        np.ones(2),
        np.sin(ROWS * 2 * np.pi / 4),
    ],
    ids=["constant", "constant with rounding", "ramp", "too short", "too fast"],
)
def test_without_a_period_it_falls_back(values, settled):
    assert dominant_period(values, default=77, settled=settled) == 77
