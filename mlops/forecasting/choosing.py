"""Which forecaster for which sensor? The one that its own recent past speaks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlops.forecasting.base import Forecaster, NotEnoughDataError, Series
from mlops.forecasting.drift import Drift, SeasonalDrift
from mlops.forecasting.ridge import Ridge
from mlops.forecasting.seasonal_naive import LastValue, SeasonalNaive
from mlops.forecasting.seasonal_profile import SeasonalProfile

# The name is stored with the forecast: never reuse one for other behaviour.
FORECASTERS: dict[str, type[Forecaster]] = {
    kind.name: kind
    for kind in (Ridge, SeasonalProfile, SeasonalNaive, LastValue, Drift, SeasonalDrift)
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The forecaster, fitted, and the mean absolute error in the trial by name of each."""

    forecaster: Forecaster
    trials: dict[str, float]


def candidates(horizon: int = 24) -> list[Forecaster]:
    """All forecasters with their defaults, the one to keep at a tie first."""
    return [kind(horizon) for kind in FORECASTERS.values()]


def choose(series: Series, among: Sequence[Forecaster]) -> Choice:
    """Fit all and take the one with the least mean absolute error on the last part.

    None of them has learnt from that part at its trial. Candidates for which there is too
    little data are passed over; NotEnoughDataError, naming the least that would do, where
    that goes for all of them. Not a mean of all, which did no better for five times the
    forecasts to keep, and whose bands are those of none of them.
    """
    if not among:
        raise ValueError("no forecaster to choose among")
    fitted, refusals = [], []
    for forecaster in among:
        try:
            fitted.append(forecaster.fit(series))
        except NotEnoughDataError as refusal:
            refusals.append(refusal)
    if not fitted:
        raise min(refusals, key=lambda refusal: refusal.needed)
    trials = {each.name: float(np.nanmean(np.abs(each.errors_))) for each in fitted}
    return Choice(min(fitted, key=lambda each: trials[each.name]), trials)
