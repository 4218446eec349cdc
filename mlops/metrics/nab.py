"""How the Numenta Anomaly Benchmark rewards alarms: early ones in a window most.

An alarm in a labelled window earns the more, the earlier it comes; only the best alarm of
a window counts. An alarm outside costs, a little less shortly after a window. A window
without an alarm costs. The sum is put on a scale where no alarm at all is 0 and the
earliest alarm in every window, with none outside, is 100. Point-wise F1 would be the
obvious other measure: it asks for alarms through the whole of a window, which nobody wants.

References: Lavin and Ahmad, Evaluating Real-time Anomaly Detection Algorithms, ICMLA 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
# First and last row of a labelled window, both inside.
Window = tuple[int, int]

PROBATION_SHARE = 0.15
PROBATION_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Profile:
    """What a window that was hit earns at most, and what a miss or a false alarm costs."""

    hit: float
    miss: float
    false_alarm: float


STANDARD = Profile(hit=1.0, miss=1.0, false_alarm=0.11)
LOW_FALSE_ALARMS = Profile(hit=1.0, miss=1.0, false_alarm=0.22)
LOW_MISSES = Profile(hit=1.0, miss=2.0, false_alarm=0.11)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A series by its length and its windows, in order and apart from each other."""

    rows: int
    windows: tuple[Window, ...]

    @property
    def unscored(self) -> int:
        """Rows at the beginning that count for nothing: a detector may learn from them.

        >>> Labelled(4032, ()).unscored, Labelled(20_000, ()).unscored
        (604, 750)
        """
        share = np.floor(PROBATION_SHARE * self.rows)
        return int(np.ceil(min(share, PROBATION_SHARE * PROBATION_ROWS)))

    @property
    def reachable(self) -> list[Window]:
        """What can be hit of the windows: their scored rows."""
        scored = [(max(first, self.unscored), last) for first, last in self.windows]
        return [(first, last) for first, last in scored if first <= last]

    def window_of(self) -> NDArray[np.int64]:
        """The number of the window that each row lies in, or -1, of shape (rows,)."""
        numbers = np.full(self.rows, -1)
        for number, (first, last) in enumerate(self.windows):
            numbers[first : last + 1] = number
        return numbers

    def worth(self) -> Floats:
        """What an alarm at each row is worth before weights: up to 1 in a window, down to
        -1 outside, of shape (rows,)."""
        worth = np.full(self.rows, -1.0)
        for first, last in self.windows:
            width = last - first + 1
            inside = np.arange(first, last + 1)
            worth[inside] = _reward((inside - last - 1) / width) / _reward(np.array(-1.0))
            after = np.arange(last + 1, self.rows)
            worth[after] = _reward((after - last) / max(width - 1, 1))
        return worth


def _reward(position: Floats) -> Floats:
    """Falls from about 1 a window ahead of a window's end over 0 at its end to -1."""
    curve = 2 / (1 + np.exp(5 * np.minimum(position, 3.0))) - 1
    return np.asarray(np.where(position > 3, -1.0, curve))


def score(series: Sequence[Labelled], alarms: Sequence[Flags], profile: Profile) -> float:
    """The score of alarms, one array of shape (rows,) for each series.

    The windows of all series count alike, whatever the length of their series. NaN where
    no window is there to be hit.

    >>> whole = [Labelled(100, ((50, 59),))]
    >>> score(whole, [np.arange(100) == 50], STANDARD)
    100.0
    >>> score(whole, [np.zeros(100, dtype=bool)], STANDARD)
    0.0
    """
    scores = [np.where(flags, 1.0, 0.0) for flags in alarms]
    at, points = _sweep(series, scores, profile)
    return float(points[np.flatnonzero(at >= 1)[-1]])


def best_score(
    series: Sequence[Labelled], scores: Sequence[Floats], profile: Profile
) -> tuple[float, float]:
    """The best score over all thresholds, and its threshold: a score of hindsight.

    The benchmark's own tables are made so. The threshold is fitted to the labels, so this
    says how well scores rank and not how well a detector does.
    """
    at, points = _sweep(series, scores, profile)
    best = int(np.argmax(points))
    return float(points[best]), float(at[best])


def hits(series: Sequence[Labelled], alarms: Sequence[Flags]) -> tuple[int, int]:
    """How many windows have an alarm, and how many there are to be hit."""
    hit = total = 0
    for one, flags in zip(series, alarms, strict=True):
        total += len(one.reachable)
        hit += sum(bool(flags[first : last + 1].any()) for first, last in one.reachable)
    return hit, total


def false_alarms(series: Sequence[Labelled], alarms: Sequence[Flags]) -> int:
    """How many alarms lie in scored rows outside all windows."""
    return sum(
        int(np.count_nonzero((flags & (one.window_of() < 0))[one.unscored :]))
        for one, flags in zip(series, alarms, strict=True)
    )


def _sweep(
    series: Sequence[Labelled], scores: Sequence[Floats], profile: Profile
) -> tuple[Floats, Floats]:
    """Every threshold, from above the highest score down, and the score that it gives."""
    worth, window, value, windows = _pooled(series, scores, profile)
    order = np.argsort(-value, kind="stable")
    worth, window, value = worth[order], window[order], value[order]
    gains = np.where(window < 0, worth, 0.0)
    best = np.full(windows, -profile.miss)
    for row in np.flatnonzero(window >= 0):
        gained = worth[row] - best[window[row]]
        if gained > 0:
            gains[row], best[window[row]] = gained, worth[row]
    last = np.append(value[1:] != value[:-1], True)
    points = np.append(0.0, gains.cumsum()[last])
    reachable = np.unique(window[window >= 0]).size * (profile.hit + profile.miss)
    return np.append(np.inf, value[last]), 100 * points / (reachable or np.nan)


def _pooled(
    series: Sequence[Labelled], scores: Sequence[Floats], profile: Profile
) -> tuple[Floats, NDArray[np.int64], Floats, int]:
    """Weighed worth, window and score of the scored rows of all series, end to end."""
    worths, numbers, values, windows = [], [], [], 0
    for one, given in zip(series, scores, strict=True):
        number = one.window_of()
        weight = np.where(number >= 0, profile.hit, profile.false_alarm)
        worths.append((one.worth() * weight)[one.unscored :])
        numbers.append(np.where(number >= 0, number + windows, -1)[one.unscored :])
        values.append(np.nan_to_num(np.asarray(given, float), nan=-np.inf)[one.unscored :])
        windows += len(one.windows)
    return np.concatenate(worths), np.concatenate(numbers), np.concatenate(values), windows
