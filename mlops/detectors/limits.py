from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block, Detector, Explanation, Scores, State, Values
from mlops.detectors.explaining import evidence_of, known
from mlops.detectors.parameters import PerSeries, bounded, of_series, per_series

WARNING_SCORE = 1.0
ALARM_SCORE = 2.0
# Below this a reading is calm, see maintenance/episodes.py.
CALM_SCORE = 0.9


class Limits(Detector):
    """Warnings and alarms that somebody set, above and below.

    The score is 1 at the warning, 2 at the alarm and a straight line through both, so
    that it also says how near the warning is and how far beyond the alarm. With one of
    the two only there is no distance to measure by: the score is its step. Each limit is
    a number for all series or one for each, None or NaN where it is not set; a series
    without any limit has no score.

    With a `deadband`, in the unit of the series, the score inside of the limit says how much
    of it has been crossed: below 0.9 from its far edge on. So an alarm ends there, and not
    with the first swing back, also where there is only one limit.

    >>> limits = Limits(warning_high=80, alarm_high=90)
    >>> block = Block(np.arange(4)[:, None], np.array([[70.0], [80], [85], [100]]))
    >>> scores, _ = limits.fit(block).score(block, limits.begin(1))
    >>> scores.score.ravel().tolist()
    [0.0, 1.0, 1.5, 3.0]

    References: ISA-18.2, Management of Alarm Systems for the Process Industries, 2016, for
    limits that are set by people and changed under control.
    """

    channels = ("high", "low")

    def __init__(
        self,
        warning_high: PerSeries = None,
        alarm_high: PerSeries = None,
        warning_low: PerSeries = None,
        alarm_low: PerSeries = None,
        deadband: PerSeries = None,
    ) -> None:
        self.warning_high = warning_high
        self.alarm_high = alarm_high
        self.warning_low = warning_low
        self.alarm_low = alarm_low
        self.deadband = deadband

    def fit(self, history: Block) -> Self:
        """Check the limits; there is nothing to learn."""
        self.warning_high_ = per_series(self.warning_high, "warning_high")
        self.alarm_high_ = per_series(self.alarm_high, "alarm_high")
        self.warning_low_ = per_series(self.warning_low, "warning_low")
        self.alarm_low_ = per_series(self.alarm_low, "alarm_low")
        self.deadband_ = per_series(self.deadband, "deadband")
        if (self.deadband_ < 0).any():
            raise ValueError("the deadband must not be below zero")
        if (self.alarm_high_ < self.warning_high_).any():
            raise ValueError("the high alarm must lie beyond the high warning")
        if (self.alarm_low_ > self.warning_low_).any():
            raise ValueError("the low alarm must lie beyond the low warning")
        # A low limit above a high one is not refused: that series alarms all the time, which
        # is seen, and the others, which are scored with it, go on.
        self.high_ = np.fmin(self.warning_high_, self.alarm_high_)
        self.low_ = np.fmax(self.warning_low_, self.alarm_low_)
        return self

    def begin(self, series: int) -> State:
        return np.empty((series, 0))

    def score(self, block: Block, state: State) -> tuple[Scores, State]:
        values = block.values
        with np.errstate(all="ignore"):
            high = _beyond(values, self.warning_high_, self.alarm_high_, self.deadband_)
            low = _beyond(-values, -self.warning_low_, -self.alarm_low_, self.deadband_)
        score = bounded(np.fmax(high, low))
        nothing = np.full(values.shape, np.nan)
        return Scores(
            score=np.where(np.isnan(values), np.nan, score),
            expected=nothing,
            low=np.broadcast_to(self.low_, values.shape).copy(),
            high=np.broadcast_to(self.high_, values.shape).copy(),
            channel=(np.nan_to_num(low, nan=-1) > np.nan_to_num(high, nan=-1)).astype(np.int8),
        ), state.copy()

    def learnt(self, state: State) -> NDArray[np.int64]:
        return np.zeros(len(state), dtype=np.int64)

    def explain(self, block: Block, scores: Scores, row: int, series: int) -> Explanation:
        value = float(block.values[row, series])
        evidence = evidence_of(block, scores, row, series)
        for name in ("warning_high", "alarm_high", "warning_low", "alarm_low"):
            evidence[name] = known(of_series(getattr(self, f"{name}_"), series))
        if not scores.score[row, series] >= WARNING_SCORE:
            return Explanation(f"{value:.4g} is within its limits", evidence)
        side = self.channels[int(scores.channel[row, series])]
        sign, where = (1.0, "above") if side == "high" else (-1.0, "below")
        alarm = of_series(getattr(self, f"alarm_{side}_"), series)
        name = "alarm" if sign * (value - alarm) >= 0 else "warning"
        limit = of_series(getattr(self, f"{name}_{side}_"), series)
        reason = f"{value:.4g} is at or {where} the {name} limit of {limit:.4g}"
        return Explanation(reason, evidence | {"limit": limit})


def _beyond(values: Values, warning: Values, alarm: Values, deadband: Values) -> Values:
    """Score against limits from above. NaN where neither is set."""
    step = np.where(values >= warning, WARNING_SCORE, 0.0)
    step = np.where(values >= alarm, ALARM_SCORE, step)
    width = alarm - warning
    line = np.maximum(WARNING_SCORE + (values - warning) / width, 0.0)
    # No line where limits coincide, nor where they are so far apart that it is no number.
    score = np.where((width > 0) & np.isfinite(line), line, step)
    inside = np.fmin(warning, alarm) - values
    score = np.where((inside > 0) & ~np.isnan(deadband), _returning(inside, deadband), score)
    return np.where(np.isnan(warning) & np.isnan(alarm), np.nan, score)


def _returning(inside: Values, deadband: Values) -> Values:
    """The score so far inside of a limit: calm from the far edge of the deadband on."""
    share = np.where(deadband > 0, inside / deadband, np.inf)
    line = np.maximum(WARNING_SCORE - (WARNING_SCORE - CALM_SCORE) * share, 0.0)
    edge = np.nextafter(CALM_SCORE, 0.0)
    return np.where(inside >= deadband, np.minimum(line, edge), np.maximum(line, CALM_SCORE))
