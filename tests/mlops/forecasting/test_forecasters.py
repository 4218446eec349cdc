"""The contract that every forecaster keeps: a new one is held to it for free."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import numpy as np
import pytest

from mlops.forecasting.base import Forecaster, NotEnoughDataError, Series
from mlops.forecasting.choosing import FORECASTERS
from mlops.forecasting.conformal import LEVELS
from mlops.forecasting.drift import Drift
from mlops.forecasting.ridge import Ridge
from mlops.forecasting.seasonal_naive import LastValue, SeasonalNaive
from mlops.forecasting.seasonal_profile import SeasonalProfile
from tests.mlops.forecasting.series import MONDAY, autoregressive, daily

WEEK = 7 * 86_400 * 1_000_000
NOISY = daily(noise=1.0)
BY_SEASON = (Ridge, SeasonalNaive, SeasonalProfile)


@pytest.fixture(params=FORECASTERS, ids=str)
def forecaster(request: pytest.FixtureRequest) -> Forecaster:
    return FORECASTERS[request.param]()


@pytest.mark.parametrize("name", FORECASTERS)
def test_every_parameter_has_a_default_and_is_kept_as_it_is(name: str) -> None:
    names = inspect.signature(FORECASTERS[name]).parameters
    given: dict[str, Any] = {key: object() for key in names}

    forecaster = FORECASTERS[name](**given)

    assert FORECASTERS[name]()
    assert vars(forecaster) == given


def test_what_fit_learns_ends_in_an_underscore(forecaster: Forecaster) -> None:
    before = set(vars(forecaster))

    assert forecaster.fit(NOISY) is forecaster

    assert all(name.endswith("_") for name in set(vars(forecaster)) - before)


def test_a_forecast_has_a_point_and_a_nested_band_of_each_level(forecaster: Forecaster) -> None:
    forecast = forecaster.fit(NOISY).forecast()

    assert forecast.method == forecaster.name
    assert forecast.levels == LEVELS
    assert forecast.point.shape == (24,)
    assert forecast.low.shape == forecast.high.shape == (3, 24)
    assert (np.diff(forecast.low, axis=0) <= 0).all()
    assert (np.diff(forecast.high, axis=0) >= 0).all()
    assert (forecast.low < forecast.point).all() and (forecast.point < forecast.high).all()


def test_fewer_steps_are_the_first_ones(forecaster: Forecaster) -> None:
    fitted = forecaster.fit(NOISY)

    few, all_of_them = fitted.forecast(5), fitted.forecast()

    np.testing.assert_array_equal(few.point, all_of_them.point[:5])
    np.testing.assert_array_equal(few.high, all_of_them.high[:, :5])


@pytest.mark.parametrize("steps", [0, -1, 25])
def test_no_steps_and_more_than_the_horizon_are_refused(
    forecaster: Forecaster, steps: int
) -> None:
    with pytest.raises(ValueError, match="steps must be 1 to 24"):
        forecaster.fit(NOISY).forecast(steps)


def test_a_constant_stays_constant_with_bands_of_no_width(forecaster: Forecaster) -> None:
    forecast = forecaster.fit(Series(np.full(600, 45.0))).forecast()

    np.testing.assert_allclose(forecast.point, 45.0)
    np.testing.assert_allclose(forecast.high - forecast.low, 0.0, atol=1e-9)


@pytest.mark.parametrize("kind", BY_SEASON)
def test_a_day_that_repeats_is_forecast_to_the_digit(kind: type[Forecaster]) -> None:
    series = daily(days=40)
    history = Series(series.values[:-24], series.interval, series.begins)

    forecast = kind().fit(history).forecast()

    tolerance = 0.3 if kind is Ridge else 1e-9  # the penalty shrinks a little
    np.testing.assert_allclose(forecast.point, series.values[-24:], atol=tolerance)


@pytest.mark.parametrize(("factor", "shift"), [(1000.0, 7.0), (-2.0, 0.0), (1e-6, 1e3)])
def test_another_unit_changes_nothing_but_the_unit(
    forecaster: Forecaster, factor: float, shift: float
) -> None:
    plain = forecaster.fit(NOISY).forecast()
    scaled = Series(NOISY.values * factor + shift, NOISY.interval, NOISY.begins)

    other = forecaster.fit(scaled).forecast()

    unit = abs(factor)
    np.testing.assert_allclose((other.point - shift) / factor, plain.point, rtol=1e-5)
    np.testing.assert_allclose(
        (other.high - other.point) / unit, plain.high - plain.point, rtol=1e-4
    )


def test_some_weeks_later_it_forecasts_the_same(forecaster: Forecaster) -> None:
    first = forecaster.fit(NOISY).forecast()

    later = forecaster.fit(Series(NOISY.values, 3600.0, MONDAY + 5 * WEEK)).forecast()

    np.testing.assert_array_equal(later.point, first.point)
    np.testing.assert_array_equal(later.low, first.low)


def test_missing_readings_are_got_over(forecaster: Forecaster) -> None:
    values = NOISY.values.copy()
    values[np.random.default_rng(3).random(values.size) < 0.1] = np.nan
    values[300:340] = np.nan

    forecast = forecaster.fit(Series(values, 3600.0, MONDAY)).forecast()

    whole = forecaster.fit(NOISY).forecast()
    assert np.isfinite([forecast.low, forecast.high]).all()
    assert np.abs(forecast.point - whole.point).mean() < 1.0


def test_the_series_is_left_as_it_was(forecaster: Forecaster) -> None:
    values = NOISY.values.copy()
    values[10:13] = np.nan
    before = values.copy()

    forecaster.fit(Series(values))

    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("steps", [0, 1, 24, 100])
def test_a_short_series_is_refused(forecaster: Forecaster, steps: int) -> None:
    with pytest.raises(NotEnoughDataError) as refusal:
        forecaster.fit(Series(np.arange(float(steps))))

    assert refusal.value.steps == steps
    assert refusal.value.needed > steps


def test_what_it_says_it_needs_is_enough(forecaster: Forecaster) -> None:
    with pytest.raises(NotEnoughDataError) as refusal:
        forecaster.fit(Series(np.empty(0)))

    forecaster.fit(Series(NOISY.values[: refusal.value.needed]))


def test_a_series_that_is_mostly_missing_is_refused(forecaster: Forecaster) -> None:
    values = NOISY.values.copy()
    values[np.arange(values.size) % 5 > 1] = np.nan

    with pytest.raises(NotEnoughDataError):
        forecaster.fit(Series(values))


def test_a_sensor_that_was_silent_for_a_day_is_refused(forecaster: Forecaster) -> None:
    values = NOISY.values.copy()
    values[-24:] = np.nan

    with pytest.raises(NotEnoughDataError):
        forecaster.fit(Series(values))


def test_a_gap_where_the_trial_was_is_refused(forecaster: Forecaster) -> None:
    values = NOISY.values.copy()
    values[-200:-24] = np.nan

    with pytest.raises(NotEnoughDataError):
        forecaster.fit(Series(values))


def test_errors_of_the_trial_were_not_learnt_from(forecaster: Forecaster) -> None:
    shaken = NOISY.values.copy()
    shaken[-30:] += 100.0

    calm, other = (
        forecaster.fit(NOISY).errors_,
        forecaster.fit(Series(shaken, begins=MONDAY)).errors_,
    )

    # Forecasts from origins before the shock, of steps before it, are the same.
    np.testing.assert_allclose(other[0], calm[0], atol=1e-9)


def test_it_survives_pickling(forecaster: Forecaster) -> None:
    fitted = forecaster.fit(NOISY)

    copy = pickle.loads(pickle.dumps(fitted))

    np.testing.assert_array_equal(copy.forecast().point, fitted.forecast().point)


def test_half_of_what_comes_is_in_the_half_band_and_nine_of_ten_in_the_other(
    forecaster: Forecaster,
) -> None:
    inside = []
    for seed in range(25):
        series = autoregressive(31 * 24, seed)
        forecast = forecaster.fit(Series(series.values[:-24], 3600.0, MONDAY)).forecast()
        came = series.values[-24:]
        inside.append(((forecast.low <= came) & (came <= forecast.high)).mean(axis=1))

    half, most, nine = np.mean(inside, axis=0)
    assert 0.4 < half < 0.65
    assert 0.7 < most < 0.92
    assert 0.84 < nine < 0.97


@pytest.mark.parametrize(
    "parameters", [{"horizon": 0}, {"calibration": 0.0}, {"calibration": 1.0}]
)
def test_bad_parameters_are_refused_in_fit(parameters: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="horizon"):
        LastValue(**parameters).fit(NOISY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "forecaster",
    [
        Ridge(lags=0),
        Ridge(penalty=0.0),
        SeasonalNaive(seasons=0),
        SeasonalProfile(seasons=0),
        Drift(seasons=1),
    ],
    ids=lambda each: each.name,
)
def test_bad_parameters_of_one_kind_are_refused_in_fit(forecaster: Forecaster) -> None:
    with pytest.raises(ValueError, match="must be"):
        forecaster.fit(NOISY)


def test_the_regression_sees_what_the_season_before_does_not() -> None:
    series = autoregressive(1500, seed=1, memory=0.95)

    errors = {kind: np.abs(kind().fit(series).errors_).mean() for kind in (Ridge, SeasonalNaive)}

    assert errors[Ridge] < 0.85 * errors[SeasonalNaive]


def test_a_spike_in_the_history_hardly_moves_the_regression() -> None:
    spiked = NOISY.values.copy()
    spiked[200] = 1e6

    calm, other = (
        Ridge().fit(NOISY).forecast(),
        Ridge().fit(Series(spiked, 3600.0, MONDAY)).forecast(),
    )

    assert np.abs(calm.point - other.point).max() < 2.0


def test_a_median_day_forgets_one_bad_day() -> None:
    values = daily().values.copy()
    values[-24:] += 50.0

    forecast = SeasonalProfile().fit(Series(values)).forecast()

    np.testing.assert_allclose(forecast.point, daily().values[-24:], atol=1e-9)


def test_a_week_ago_can_be_the_season() -> None:
    values = np.arange(900.0) % 168

    forecast = SeasonalNaive(seasons=7).fit(Series(values[:-24])).forecast()

    np.testing.assert_array_equal(forecast.point, values[-24:])


@pytest.mark.parametrize(
    ("interval", "season"),
    [(3600.0, 24), (600.0, 144), (86_400.0, 7), (7 * 86_400.0, 1), (5000.0, 1)],
)
def test_a_season_is_a_day_or_a_week_or_nothing(interval: float, season: int) -> None:
    assert Series(np.empty(0), interval).season == season
