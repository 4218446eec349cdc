from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.history.downsampling import largest_triangles

numbers = st.floats(-1e308, 1e308)


@given(st.lists(numbers, max_size=60), st.integers(3, 70))
def test_points_are_some_of_the_readings_in_order(values: list[float], points: int) -> None:
    kept = largest_triangles(np.arange(len(values), dtype=float), np.array(values), points)

    assert kept.size == min(points, len(values))
    assert (np.diff(kept) > 0).all()
    assert not values or (kept[0], kept[-1]) == (0, len(values) - 1)


def test_the_largest_triangle_wins() -> None:
    """Against the definition, written out bucket by bucket."""
    random = np.random.default_rng(5)
    times, values = np.cumsum(random.exponential(size=1_000)), random.normal(size=1_000)

    kept = largest_triangles(times, values, 40)

    edges = np.linspace(1, 999, 39).astype(int)
    for i in range(38):
        ahead = slice(edges[i + 1], edges[i + 2]) if i < 37 else slice(999, 1_000)
        c = times[ahead].mean(), values[ahead].mean()
        a = times[kept[i]], values[kept[i]]
        areas = [
            abs((a[0] - c[0]) * (values[b] - a[1]) - (a[0] - times[b]) * (c[1] - a[1]))
            for b in range(edges[i], edges[i + 1])
        ]
        assert kept[i + 1] == edges[i] + np.argmax(areas)


def test_a_level_curve_is_still_a_curve() -> None:
    assert largest_triangles(np.arange(9.0), np.zeros(9), 5).size == 5
    assert largest_triangles(np.zeros(9), np.zeros(9), 5).size == 5


def test_two_points_are_no_curve() -> None:
    with pytest.raises(ValueError, match="3 points"):
        largest_triangles(np.arange(9.0), np.zeros(9), 2)
