from __future__ import annotations

import numpy as np
import pytest

from mlops.forecasting.base import NotEnoughDataError, Series
from mlops.forecasting.choosing import candidates, choose
from mlops.forecasting.drift import Drift
from mlops.forecasting.ridge import Ridge
from mlops.forecasting.seasonal_naive import LastValue
from tests.mlops.forecasting.series import autoregressive, daily


def walk(steps: int) -> Series:
    return Series(np.random.default_rng(8).normal(size=steps).cumsum())


def test_a_median_day_for_what_switches_by_the_clock() -> None:
    assert choose(daily(days=40, noise=2.0), candidates()).forecaster.name == "seasonal_profile"


def test_a_regression_for_what_remembers_the_last_hours() -> None:
    series = autoregressive(1500, seed=3, memory=0.95)

    assert choose(series, candidates()).forecaster.name == "ridge"


def test_a_drift_for_what_wears() -> None:
    noise = np.random.default_rng(2).normal(size=900)

    assert choose(Series(np.arange(900.0) + noise), candidates()).forecaster.name == "drift"


def test_the_last_value_for_what_wanders() -> None:
    assert choose(walk(800), candidates()).forecaster.name == "last_value"


def test_the_one_chosen_had_the_least_error_in_the_trial() -> None:
    choice = choose(autoregressive(800, seed=2), candidates())

    assert set(choice.trials) == {each.name for each in candidates()}
    assert choice.trials[choice.forecaster.name] == min(choice.trials.values())


def test_what_comes_first_is_kept_at_a_tie() -> None:
    constant = Series(np.full(600, 3.0))

    assert choose(constant, [LastValue(), Drift()]).forecaster.name == "last_value"
    assert choose(constant, [Drift(), LastValue()]).forecaster.name == "drift"


def test_one_for_which_there_is_too_little_is_passed_over() -> None:
    choice = choose(daily(days=8, noise=1.0), [Ridge(), LastValue()])

    assert set(choice.trials) == {"last_value"}


def test_too_little_for_all_is_said_with_the_least_that_would_do() -> None:
    with pytest.raises(NotEnoughDataError) as refusal:
        choose(daily(days=2), candidates())

    assert refusal.value.steps == 48
    assert refusal.value.needed == 132


def test_none_to_choose_among_is_refused() -> None:
    with pytest.raises(ValueError, match="no forecaster"):
        choose(daily(), [])
