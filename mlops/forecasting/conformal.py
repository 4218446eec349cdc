"""Bands that hold what they promise, from the errors of forecasts that were tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

LEVELS = (0.5, 0.8, 0.9)


def radii(errors: Values, levels: Sequence[float]) -> Values:
    """Half widths of bands, of shape (levels, steps), from errors of shape (origins, steps).

    The quantile of the absolute errors of each step, a little above the level, as the
    rank level × (n + 1) of n errors is what holds for the next one. Errors of h steps
    ahead from origins one step apart share most of their steps, so n such errors count
    as 1.5 n / h, which is what they would for sums of h independent steps. Where the rank
    is beyond n the largest error stands in for the infinite band of theory. NaN is left
    out. Symmetric, since two tails from half as many errors each were wider and held less.

    >>> radii(np.array([[-3.0], [1.0], [2.0], [-4.0]]), [0.5]).tolist()
    [[3.0]]

    References: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005;
    Lei et al., Distribution-Free Predictive Inference for Regression, 2018.
    """
    sizes = np.sort(np.abs(errors), axis=0)
    counts = np.isfinite(sizes).sum(axis=0)
    steps = np.arange(1, sizes.shape[1] + 1)
    independent = counts * np.minimum(1.0, 1.5 / steps)
    ranks = np.ceil(np.outer(levels, (1 + 1 / independent) * counts) - 1e-9).astype(int)
    rows = np.clip(ranks, 1, counts) - 1
    return np.take_along_axis(sizes, rows, axis=0)


@dataclass(frozen=True, slots=True)
class AdaptiveLevels:
    """Levels to aim at, corrected by what came true, so that cover holds over time.

    A band that held less than it promised aims higher from then on, one that held more
    aims lower. Under any change of the series the mean cover comes back to the promise;
    `rate` says how fast, and how restless it is. One forecast is one step of correction:
    its steps are too much alike to be counted one by one.

    >>> levels = AdaptiveLevels().seen({0.9: 0.4})
    >>> round(levels.aims[0.9], 3)
    0.925

    References: Gibbs and Candès, Adaptive Conformal Inference Under Distribution Shift, 2021.
    """

    aims: Mapping[float, float] = field(default_factory=lambda: {level: level for level in LEVELS})
    rate: float = 0.05

    def seen(self, covers: Mapping[float, float]) -> Self:
        """The levels after a forecast came true; `covers` are shares inside, by level.

        A level without a cover, or with NaN, is left as it was.
        """
        aims = dict(self.aims)
        for level, cover in covers.items():
            if np.isfinite(cover):
                aims[level] = float(np.clip(aims[level] + self.rate * (level - cover), 0.0, 1.0))
        return type(self)(_nested(aims.items()), self.rate)


def _nested(aims: Iterable[tuple[float, float]]) -> dict[float, float]:
    """A wider band never aims below a narrower one."""
    ordered = sorted(aims)
    tops = np.maximum.accumulate([aim for _, aim in ordered])
    return {level: float(top) for (level, _), top in zip(ordered, tops, strict=True)}
