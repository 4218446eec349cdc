from __future__ import annotations

import numpy as np
import pytest

from maintenance.plans.metering import MICROS_PER_HOUR, Measure, counted

HOUR = MICROS_PER_HOUR


def count(measure: Measure, values: list[float], hours: list[float] | None = None) -> float:
    at = np.array(hours if hours is not None else range(len(values)), dtype=float)
    micros = (at * HOUR).astype(np.int64)
    return counted(measure, micros, np.array(values, dtype=float), level=10.0, longest=3 * HOUR)


@pytest.mark.parametrize(
    ("measure", "values", "amount"),
    [
        (Measure.RUNNING_HOURS, [20, 20, 5, 5, 20, 20], 3.0),
        (Measure.RUNNING_HOURS, [10, 10, 10], 0.0),
        (Measure.CYCLES, [0, 20, 20, 0, 20, 0], 2.0),
        (Measure.CYCLES, [20, 20, 0], 0.0),
        (Measure.COUNTER, [100, 110, 130], 30.0),
        (Measure.COUNTER, [100, 110, 0, 5], 15.0),
        (Measure.AMOUNT, [2, 4, 6], 6.0),
        (Measure.AMOUNT, [2, -4, 6], 2.0),
    ],
)
def test_each_measure_counts_its_own(measure: Measure, values: list[float], amount: float) -> None:
    assert count(measure, values) == pytest.approx(amount)


def test_a_silent_sensor_does_not_run_on() -> None:
    assert count(Measure.RUNNING_HOURS, [20, 20], hours=[0, 100]) == 3.0
    assert count(Measure.AMOUNT, [2, 2], hours=[0, 100]) == 6.0


@pytest.mark.parametrize("measure", Measure)
def test_pages_join_without_a_seam(measure: Measure) -> None:
    values = [float(v) for v in np.random.default_rng(1).normal(10, 5, 60).cumsum()]
    hours = [float(number) for number in range(60)]

    parts = [count(measure, values[a : a + 21], hours[a : a + 21]) for a in (0, 20, 40)]

    assert sum(parts) == pytest.approx(count(measure, values, hours))


@pytest.mark.parametrize("measure", Measure)
def test_one_reading_adds_nothing(measure: Measure) -> None:
    assert count(measure, [20]) == count(measure, []) == 0.0
