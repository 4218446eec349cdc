"""Is the machine running? Readings of one that is off or starting are neither judged nor
learnt from: they are passed to the other detectors as NaN, at which those stand still.

Silence is not to be gated: its question is whether anything comes at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block, State, Times, Values
from mlops.detectors.parameters import positive
from mlops.detectors.stepwise import MICROS_PER_SECOND

Mask = NDArray[np.bool_]

# Since when the machine runs: never, where it is off; always, where it is not known to be.
NEVER, ALWAYS = np.inf, -np.inf


class Gate:
    """Tells by a sensor's readings (speed, current, a contact) whether a machine runs.

    It starts at a reading above `on` and stops at one below `off`, which is lower, so that
    a noisy reading between them switches nothing. After a start it counts as running when
    `settle_seconds` have passed. Until the gate has spoken for the first time, the machine
    counts as running: what is not known may not switch a detector off.

    A stop shows in the gate's own readings; what comes just before it cannot be known
    before. For history, where it can, there is `away_from_stops`.

    >>> gate = Gate(on=100, off=50).fit()
    >>> speed = Block(np.arange(4)[:, None], np.array([[0.0], [200], [80], [20]]))
    >>> gate.running(speed, gate.begin(1))[0].ravel().tolist()
    [False, True, True, False]

    References: Schmitt, A Thermionic Trigger, Journal of Scientific Instruments 15, 1938,
    for switching with hysteresis.
    """

    def __init__(
        self, on: float = 0.0, off: float | None = None, settle_seconds: float = 0.0
    ) -> None:
        self.on = on
        self.off = off
        self.settle_seconds = settle_seconds

    def fit(self, history: Block | None = None) -> Self:
        """Check the parameters; there is nothing to learn."""
        self.on_ = float(self.on)
        self.off_ = self.on_ if self.off is None else float(self.off)
        if self.off_ > self.on_:
            raise ValueError("off must not lie above on")
        if self.settle_seconds < 0:
            raise ValueError("settle_seconds must not be below zero")
        return self

    def begin(self, series: int) -> State:
        """The state before the first reading, of shape (series, 1)."""
        return np.full((series, 1), ALWAYS)

    def since(self, block: Block, state: State) -> tuple[Values, State]:
        """Since when it runs and has settled, in microseconds, at each reading of the gate.

        Of shape (rows, columns). Whoever asks at a later time, before the gate reads again,
        compares that time with it.
        """
        now = state[:, 0].copy()
        since = np.empty(block.values.shape)
        settle = self.settle_seconds * MICROS_PER_SECOND
        for row in range(block.rows):
            values, micros = block.values[row], block.micros[row]
            starts = (values > self.on_) & (now == NEVER)
            now = np.where(starts, micros + settle, np.where(values < self.off_, NEVER, now))
            # The one threshold for both: at it the machine is off.
            now = np.where((values == self.on_) & (self.on_ == self.off_), NEVER, now)
            since[row] = now
        return since, now[:, None]

    def running(self, block: Block, state: State) -> tuple[Mask, State]:
        """Whether the machine runs at each reading of the gate, of shape (rows, columns)."""
        since, after = self.since(block, state)
        return block.micros >= since, after

    def masked(self, block: Block, gate: Block, state: State) -> Block:
        """Readings of other sensors, with NaN where the machine did not run.

        `gate` is one column, the readings of the gate over the same time, and `state` the
        one before them. A reading is held against the last one of the gate at or before it.
        """
        since, _ = self.since(gate, state)
        held = np.concatenate([state[:1, 0], since[:, 0]])
        at = np.searchsorted(gate.micros[:, 0], block.micros, side="right")
        runs = block.micros >= held[at]
        return replace(block, values=np.where(runs, block.values, np.nan))


def away_from_stops(micros: Times, running: Mask, seconds: float) -> Mask:
    """Running, and not within `seconds` before a stop. It looks ahead: only for history.

    Both are of shape (rows,).

    >>> away_from_stops(np.arange(4) * 1_000_000, np.array([True, True, True, False]), 1.5)
    array([ True,  True, False, False])
    """
    positive(seconds=seconds)
    stops = micros[~running]
    following = np.searchsorted(stops, micros, side="left")
    to_stop = np.append(stops.astype(np.float64), np.inf)[following] - micros
    return running & (to_stop > seconds * MICROS_PER_SECOND)
