from __future__ import annotations

import numpy as np

from mlops.forecasting.base import Series
from mlops.forecasting.drift import Drift, SeasonalDrift


def test_a_drift_runs_on_in_a_straight_line() -> None:
    steps = np.arange(400.0)

    forecast = Drift().fit(Series(3 * steps[:-24])).forecast()

    np.testing.assert_allclose(forecast.point, 3 * steps[-24:])


def test_a_seasonal_drift_takes_the_day_along_the_line() -> None:
    steps = np.arange(400.0)
    values = 0.1 * steps + np.sin(2 * np.pi * steps / 24)

    forecast = SeasonalDrift(horizon=48).fit(Series(values[:-48])).forecast()

    np.testing.assert_allclose(forecast.point, values[-48:], atol=1e-9)
