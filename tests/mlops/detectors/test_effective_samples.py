from __future__ import annotations

import numpy as np
import pytest

from mlops.detectors.effective_samples import effective_samples


def test_white_noise_is_worth_about_its_rows():
    noise = np.random.default_rng(1).normal(size=5000)

    assert 4000 < effective_samples(noise) <= 5000


@pytest.mark.parametrize("memory", [0.5, 0.9])
def test_an_autoregression_is_worth_what_the_formula_says(memory):
    rng = np.random.default_rng(2)
    series = np.zeros(20_000)
    for row in range(1, len(series)):
        series[row] = memory * series[row - 1] + rng.normal()

    expected = len(series) * (1 - memory) / (1 + memory)

    assert effective_samples(series) == pytest.approx(expected, rel=0.2)


def test_a_ramp_is_worth_a_handful():
    assert effective_samples(np.arange(1000.0)) < 5


def test_it_does_not_know_of_units():
    series = np.random.default_rng(3).normal(size=300).cumsum()

    assert effective_samples(1000 * series + 7) == pytest.approx(effective_samples(series))


@pytest.mark.parametrize("series", [[], [1.0], [2.0, 2.0, 2.0]])
def test_a_constant_is_worth_one(series):
    assert effective_samples(np.array(series)) == 1
