from __future__ import annotations

from typing import Self

import numpy as np

from mlops.detectors.windowed import Detector, Explanation, Values

MAD_TO_SIGMA = 1.4826  # For a normal distribution, sigma = 1.4826 * MAD


class RobustZScore(Detector):
    """Distance from the median, in robust standard deviations.

    Median and MAD, not mean and deviation, so that the faults in the history do not
    hide the next one. Where more than half the history is one value the MAD is zero;
    then the standard deviation of the whole stands in for it, and at last a fraction of
    the level, so that the first digit that moves is not an alarm.

    >>> detector = RobustZScore().fit(np.array([20.0, 20.5, 19.5, 20.2, 19.8]))
    >>> (detector.score(np.array([20.1, 35.0])) >= 1).tolist()
    [False, True]

    References: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993.
    """

    def __init__(self, threshold: float = 5.0, floor: float = 1e-3) -> None:
        self.threshold = threshold
        self.floor = floor

    def fit(self, history: Values) -> Self:
        if self.threshold <= 0 or self.floor <= 0:
            raise ValueError("threshold and floor must be above zero")
        self.median_ = float(np.median(history))
        spread = float(np.median(np.abs(history - self.median_))) * MAD_TO_SIGMA
        if spread == 0:
            spread = float(np.std(history))
        self.spread_ = max(spread, self.floor * max(abs(self.median_), 1.0))
        self.size_ = int(history.size)
        return self

    def score(self, values: Values) -> Values:
        return np.abs(values - self.median_) / (self.spread_ * self.threshold)

    def explain(self, value: float) -> Explanation:
        deviations = (value - self.median_) / self.spread_
        width = self.threshold * self.spread_
        low, high = self.median_ - width, self.median_ + width
        return Explanation(
            reason=(
                f"{value:.4g} is {abs(deviations):.1f} robust deviations "
                f"{'above' if deviations > 0 else 'below'} the usual {self.median_:.4g} "
                f"(expected {low:.4g} to {high:.4g})"
            ),
            evidence={
                "median": self.median_,
                "spread": self.spread_,
                "expected_low": low,
                "expected_high": high,
                "window": self.size_,
            },
        )
