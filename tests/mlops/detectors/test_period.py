from __future__ import annotations

import numpy as np
import pytest

from mlops.detectors.period import dominant_period, steadiness

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


def test_what_repeats_itself_is_steady_and_what_does_not_is_not():
    rng = np.random.default_rng(1)
    rows = np.arange(2_000)
    wave = np.sin(rows * 2 * np.pi / 40)

    assert steadiness(wave + rng.normal(0, 0.3, 2_000), 40) > 0.8
    assert steadiness(wave * (rows < 1_500), 40) == 0
    assert steadiness(rng.normal(size=2_000), 40) < 0.2
    assert steadiness(np.full(2_000, 3.0), 40) == 0
    assert steadiness(wave[:300], 40) == 0
