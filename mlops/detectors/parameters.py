"""Parameters that may differ from series to series, and scores that stay numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlops.detectors.base import Values

# One number for all series, or one for each; None or NaN where it is not set.
PerSeries = float | Sequence[float | None] | Values | None

# Far beyond any alarm. Infinity would not survive JSON, nor the mean of an episode.
HIGHEST_SCORE = 1e6


def per_series(parameter: PerSeries, name: str) -> Values:
    """The parameter as an array of shape (series,), or (1,) where it holds for all.

    >>> per_series([80.0, None], "limit").tolist()
    [80.0, nan]
    """
    given = np.nan if parameter is None else parameter
    array = np.atleast_1d(np.asarray(given, dtype=np.float64))
    if array.ndim > 1 or np.isinf(array).any():
        raise ValueError(f"{name} must be a finite number, or one for each series")
    return array


def of_series(parameter: Values, series: int) -> float:
    """What holds for one series."""
    return float(parameter[series if parameter.size > 1 else 0])


def positive(**parameters: float) -> None:
    """Raise ValueError for the first parameter that is not above zero."""
    for name, value in parameters.items():
        if not value > 0:
            raise ValueError(f"{name} must be above zero")


def bounded(score: Values) -> Values:
    """The score between 0 and the highest there is; NaN stays NaN.

    >>> bounded(np.array([-1.0, 0.5, np.inf, np.nan])).tolist()
    [0.0, 0.5, 1000000.0, nan]
    """
    return np.clip(score, 0.0, HIGHEST_SCORE)
