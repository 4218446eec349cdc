"""When will a sensor pass a limit? With an interval, or an honest no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlops.forecasting.base import Forecaster, NotEnoughDataError, Series
from mlops.forecasting.choosing import choose

Values = NDArray[np.float64]
Side = Literal["high", "low"]


class Outlook(StrEnum):
    """What can be said of a limit."""

    NOW = "now"
    CROSSING = "crossing"
    NOT_FORESEEN = "no crossing foreseen"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True, slots=True)
class TimeToLimit:
    """Seconds from the last reading to the first crossing, between `low` and `high`.

    `seconds` is the median and None unless a crossing is foreseen, `high` is None where
    the later end lies beyond the horizon. `chance` is the share of possible courses that
    cross within the horizon of `within` seconds; it is known without a foreseen crossing,
    and `low` too where some of them cross early. `method` is the forecaster's name.
    """

    outlook: Outlook
    within: float
    seconds: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    method: str | None = None


def time_to_limit(
    series: Series,
    limit: float,
    among: Sequence[Forecaster],
    side: Side = "high",
    level: float = 0.9,
) -> TimeToLimit:
    """The first crossing of a limit, by the forecaster that the series' past speaks for.

    `side` "high" means that values at or above the limit are beyond it. The value now
    counts before all else: what is beyond is beyond even where nothing can be forecast.

    >>> time_to_limit(Series(np.array([1.0, 9.0])), 8.0, among=[]).outlook.value
    'now'
    """
    seen = series.values[np.isfinite(series.values)]
    within = max((each.horizon for each in among), default=0) * series.interval
    if seen.size and _beyond(seen[-1:], limit, side).all():
        return TimeToLimit(Outlook.NOW, within, 0.0, 0.0, 0.0, 1.0)
    if not among:
        return TimeToLimit(Outlook.NOT_ENOUGH_DATA, within)
    try:
        forecaster = choose(series, among).forecaster
    except NotEnoughDataError:
        return TimeToLimit(Outlook.NOT_ENOUGH_DATA, within)
    return first_crossing(forecaster, float(seen[-1]), limit, side, level)


def first_crossing(
    forecaster: Forecaster, last: float, limit: float, side: Side = "high", level: float = 0.9
) -> TimeToLimit:
    """The first crossing of a fitted forecaster, `last` being the value it started from.

    Possible courses are the point forecast plus each whole row of errors that it made in
    its trial. Bands would not do: each holds for its step alone, and a course that crosses
    early in one of ten steps is not one that crosses in a tenth of all cases.
    """
    times = crossing_times(courses(forecaster), last, limit, side) * forecaster.interval_
    tail = (1 - level) / 2
    # Not np.quantile: between two infinities it finds NaN.
    ranks = np.ceil(np.array([tail, 0.5, 1 - tail]) * times.size).astype(int)
    low, median, high = np.sort(times)[np.maximum(ranks - 1, 0)].tolist()
    foreseen = bool(np.isfinite(median))
    return TimeToLimit(
        outlook=Outlook.CROSSING if foreseen else Outlook.NOT_FORESEEN,
        within=forecaster.horizon * forecaster.interval_,
        seconds=_finite(median),
        low=_finite(low),
        high=_finite(high),
        chance=float(np.isfinite(times).mean()),
        method=forecaster.name,
    )


def courses(forecaster: Forecaster) -> Values:
    """Ways that the next steps may go, of shape (courses, horizon).

    Rows of errors in which something was not read are left out where whole ones do.
    """
    errors = forecaster.errors_
    whole = errors[np.isfinite(errors).all(axis=1)]
    rows: Values = whole if len(whole) else np.nan_to_num(errors)
    return forecaster.point_ + rows


def crossing_times(paths: Values, last: float, limit: float, side: Side = "high") -> Values:
    """Steps until each path is first beyond the limit, infinity where it never is.

    Between two steps it moves in a straight line; `last` is where all of them start.

    >>> crossing_times(np.array([[2.0, 4.0], [1.0, 1.0]]), last=1.0, limit=3.0).tolist()
    [1.5, inf]
    """
    started = np.column_stack([np.full(len(paths), last), paths])
    beyond = _beyond(started, limit, side)
    first = beyond.argmax(axis=1)
    times = np.full(len(paths), np.inf)
    times[beyond[:, 0]] = 0.0
    rows = np.flatnonzero(beyond.any(axis=1) & ~beyond[:, 0])
    steps = first[rows]
    before, after = started[rows, steps - 1], started[rows, steps]
    times[rows] = steps - 1 + (limit - before) / (after - before)
    return times


def _beyond(values: Values, limit: float, side: Side) -> NDArray[np.bool_]:
    return values >= limit if side == "high" else values <= limit


def _finite(seconds: float) -> float | None:
    return float(seconds) if np.isfinite(seconds) else None
