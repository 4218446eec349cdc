from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.drawing.bars import MOST_LABELS, draw_bars


def test_the_highest_bar_nearly_fills_the_plot() -> None:
    chart = draw_bars("Orders", [("Mon", 2), ("Tue", 4)], unit="h")

    low, high = chart.bars
    assert high.height == pytest.approx(100 / 1.05, abs=0.01)
    assert low.height == pytest.approx(high.height / 2, abs=0.01)
    assert (low.x, low.width, high.x) == (5, 40, 55)
    assert chart.description == "6 h in all, the most Tue: 4."
    assert [tick.label for tick in chart.labels] == ["Mon", "Tue"]


@pytest.mark.parametrize("named", [[], [("Mon", 0.0)]])
def test_of_nothing_no_bars_are_drawn(named) -> None:
    assert draw_bars("Orders", named).bars == ()


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=100))
def test_bars_stay_inside_of_the_plot(values) -> None:
    chart = draw_bars("Orders", [(str(n), value) for n, value in enumerate(values)])

    for bar in chart.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= 100.02
        assert 0 <= bar.y <= 100
        assert bar.y + bar.height == pytest.approx(100)
    assert len(chart.labels) <= MOST_LABELS
