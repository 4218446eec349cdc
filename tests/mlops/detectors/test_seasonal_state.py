"""What the time between readings does to what is learnt of them."""

from __future__ import annotations

import numpy as np
import pytest

from mlops.detectors.base import Block
from mlops.detectors.seasonal_baseline import SeasonalBaseline
from mlops.detectors.seasonal_state import Field, Packed

MINUTE = 60_000_000
WEEK = 7 * 24 * 60 * MINUTE
NOISE = 20 + np.random.default_rng(0).normal(size=(300, 1))


def every(minutes: int, values: np.ndarray) -> Block:
    return Block(np.arange(len(values))[:, None] * minutes * MINUTE, values)


def spike_mean_after(gap: int) -> float:
    """How far one odd reading moves the short mean, so long after the last ordinary one."""
    nothing = every(5, NOISE[:0])
    detector = SeasonalBaseline().fit(nothing)
    _, before = detector.score(every(5, NOISE[:300]), detector.begin(1))
    odd = Block(np.array([[299 * 5 * MINUTE + gap]]), np.array([[500.0]]))
    _, after = detector.score(odd, before)
    target = 2 * (np.sqrt(51) - 1)
    moved = after[0, Field.SPIKE] - before[0, Field.SPIKE]
    return float(moved / (target - before[0, Field.SPIKE]))


@pytest.mark.parametrize(
    ("gap", "times"), [(1_000_000, 1), (5 * MINUTE, 1), (60 * MINUTE, 12), (WEEK, 24)]
)
def test_the_short_means_step_by_the_root_of_the_gap(gap: int, times: int) -> None:
    assert spike_mean_after(gap) == pytest.approx(0.07 * times**0.5)


@pytest.mark.parametrize("minutes", [1, 5, 30, 60, 600])
def test_an_hour_of_readings_teaches_as_much_at_any_interval(minutes: int) -> None:
    readings = every(minutes, NOISE[: max(60 // minutes, 1)])
    before = np.array([-float(minutes * MINUTE)])

    (stretch,) = Packed.of(readings).stretches(before, learning=0.7)

    assert 1 - np.prod(1 - stretch.weights) == pytest.approx(1 - np.exp(-0.7))
