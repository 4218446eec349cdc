from __future__ import annotations

from typing import Literal, Self

import numpy as np

from mlops.detectors.windowed import Detector, Explanation, Values

WARNING_SCORE = 1.0
ALARM_SCORE = 2.0


class FixedLimit(Detector):
    """A warning and an alarm that somebody set, on one side.

    The score is 1 at the warning, 2 at the alarm and a straight line through both, so
    that it also says how near the warning is and how far beyond the alarm. With one of
    the two only, there is no distance to measure by: the score is its step.

    >>> FixedLimit(warning=80, alarm=90).fit(np.empty(0)).score(np.array([70, 80, 85, 100.0]))
    array([0. , 1. , 1.5, 3. ])
    """

    min_history = 0

    def __init__(
        self,
        warning: float | None = None,
        alarm: float | None = None,
        side: Literal["high", "low"] = "high",
    ) -> None:
        self.warning = warning
        self.alarm = alarm
        self.side = side

    def fit(self, history: Values) -> Self:
        self.sign_ = 1.0 if self.side == "high" else -1.0
        if self.warning is not None and self.alarm is not None:
            self.width_: float | None = self.sign_ * (self.alarm - self.warning)
            if self.width_ < 0:
                raise ValueError("the alarm must lie beyond the warning")
        else:
            self.width_ = None
        return self

    def score(self, values: Values) -> Values:
        if self.warning is not None and self.width_:
            beyond = self.sign_ * (values - self.warning)
            return np.maximum(WARNING_SCORE + beyond / self.width_, 0.0)
        scores = np.zeros(values.size)
        for limit, step in ((self.warning, WARNING_SCORE), (self.alarm, ALARM_SCORE)):
            if limit is not None:
                scores[self.sign_ * (values - limit) >= 0] = step
        return scores

    def explain(self, value: float) -> Explanation:
        evidence: dict[str, float | None] = {"warning": self.warning, "alarm": self.alarm}
        for name, limit in (("alarm", self.alarm), ("warning", self.warning)):
            if limit is not None and self.sign_ * (value - limit) >= 0:
                where = "at or above" if self.side == "high" else "at or below"
                reason = f"{value:.4g} is {where} the {name} limit of {limit:.4g}"
                return Explanation(reason, evidence | {"limit": limit})
        return Explanation(f"{value:.4g} is within its limits", evidence)
