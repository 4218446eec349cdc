from __future__ import annotations

import pytest
from scipy.stats import binom, poisson

from maintenance.figures.estimates import mean_time, quantile, wilson


@pytest.mark.parametrize(
    ("hours", "failures", "low", "high"),
    [
        # Tables of chi-square: 2 T over 14.449 and 0.4844, over 34.170 and 9.5908.
        (100, 2, 13.84, 412.9),
        (1_000, 10, 54.38, 208.54),
    ],
)
def test_a_mean_time_has_the_interval_of_the_tables(hours, failures, low, high) -> None:
    assert mean_time(hours, failures) == pytest.approx((low, high), rel=1e-3)


@pytest.mark.parametrize("failures", [1, 2, 7, 40])
def test_at_its_ends_so_few_or_many_failures_have_a_chance_of_a_fortieth(failures) -> None:
    low, high = mean_time(1_000, failures)

    assert poisson.cdf(failures, 1_000 / low) == pytest.approx(0.025)
    assert poisson.sf(failures - 1, 1_000 / high) == pytest.approx(0.025)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (8, 10, 0.4902, 0.9433), (1, 1, 0.2065, 1.0)],
)
def test_a_share_has_the_interval_of_wilson(right, n, low, high) -> None:
    assert wilson(right / n, n) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize("true", [0.1, 0.5, 0.9])
def test_nineteen_of_twenty_intervals_hold_the_true_share(true) -> None:
    n = 40
    held = sum(
        binom.pmf(right, n, true)
        for right in range(n + 1)
        if wilson(right / n, n)[0] <= true <= wilson(right / n, n)[1]
    )

    assert held == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([5], 0.9, 5), ([1, 2, 3, 4], 0.5, 2.5), (list(range(11)), 0.9, 9), ([3, 1], 1.0, 3)],
)
def test_a_quantile_lies_between_neighbours(values, share, expected) -> None:
    assert quantile(values, share) == expected
