"""One step of the seasonal baseline for many series at once, reading after reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.seasonal_state import Field, Floats, Stretch

# Until so many readings are seen the level is their plain mean.
SETTLED = 60
# A step is clipped at one usual residual, what the scale learns from at five.
SCALE_CLIP = 5.0
# What counts of a residual at most, in usual residuals.
RESIDUAL_CLIP = 50.0
# A channel's history learns from at most ten spreads, that of the drift from one.
HISTORY_CLIP = 10.0
# No channel's spread is taken for narrower: nothing is ever perfectly steady.
NARROWEST = 0.02
NARROWEST_DRIFT = 0.06
# The long-term level forgets the first readings by this power of their number.
LONG_FORGETS = 4.0
# Mean of |z| where nothing happens: of a normal distribution.
USUAL_SPIKE = 0.8
# Against division by zero in a series that never moved; relative to its level.
SMALLEST_SCALE = 1e-9


class Pace(NamedTuple):
    """Shares of a new reading in the means."""

    level: float
    scale: float
    spike: float
    shift: float
    long: float
    tail: float


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of each reading, of shape (rows, columns), NaN where there is none.

    The channels are in their own spreads, the shift and the drift without their sign.
    """

    count: Floats
    expected: Floats
    scale: Floats
    spike: Floats
    shift: Floats
    drift: Floats

    @classmethod
    def nothing(cls, rows: int, columns: int) -> Self:
        return cls(*np.full((6, rows, columns), np.nan))

    def write(self, row: int, stretch: Stretch, found: tuple[Floats, ...]) -> None:
        arrays = (self.count, self.expected, self.scale, self.spike, self.shift, self.drift)
        whole = stretch.series.size == self.count.shape[1]
        for array, numbers in zip(arrays, found, strict=True):
            if whole:
                array[row] = numbers
            else:
                array[row, stretch.series] = numbers


class Learner:
    """The state of some series, a field in a row, and the buffers to learn in.

    Buffers are named for what is in them last. Everything is done per element and in the
    same order of operations for any number of series: so scores do not depend on company.
    """

    def __init__(self, fields: Floats, pace: Pace) -> None:
        self.fields, self.pace = fields, pace
        series = fields.shape[1]
        self.profiles = fields[Field.SEASON :].reshape(-1)
        self.season, self.residual, self.unit, self.step = np.empty((4, series))
        self.share, self.gain, self.size, self.odd = np.empty((4, series))
        self.expected, self.spread, self.deviation, self.moved = np.empty((4, series))
        self.spike, self.shift, self.drift = np.empty((3, series))

    def learn(self, stretch: Stretch, judged: Judged) -> None:
        """Take the rows of a stretch one after another and write down what is found."""
        found = (
            self.fields[Field.COUNT],
            self.expected,
            self.unit,
            self.spike,
            self.shift,
            self.drift,
        )
        if (self.fields[Field.COUNT] == 0).any():
            self._start(stretch.values[0])
        for row in range(stretch.values.shape[0]):
            self._settle(stretch.values[row], stretch.hours[row], stretch.weights[row])
            self._drift()
            self._rescale()
            self._spike()
            self._shift()
            judged.write(stretch.first + row, stretch, found)

    def _start(self, values: Floats) -> None:
        fresh = self.fields[Field.COUNT] == 0
        for field, begins in (
            (Field.LEVEL, values),
            (Field.LONG_LEVEL, values),
            (Field.SPIKE, USUAL_SPIKE),
            (Field.SPIKE_MEAN, USUAL_SPIKE),
        ):
            np.copyto(self.fields[field], begins, where=fresh)

    def _settle(self, values: Floats, hours: NDArray[np.intp], weights: Floats) -> None:
        """The residual, in units of the usual one, and a clipped step of level and season."""
        count, level = self.fields[Field.COUNT], self.fields[Field.LEVEL]
        np.add(count, 1.0, out=count)
        np.divide(1.0, count, out=self.share)
        self.profiles.take(hours, out=self.season, mode="clip")
        np.add(level, self.season, out=self.expected)
        np.subtract(values, self.expected, out=self.residual)
        np.abs(level, out=self.unit)
        np.multiply(self.unit, SMALLEST_SCALE, out=self.unit)
        np.maximum(self.unit, self.fields[Field.SCALE], out=self.unit)
        np.maximum(self.unit, np.finfo(float).tiny, out=self.unit)
        np.negative(self.unit, out=self.gain)
        np.maximum(self.residual, self.gain, out=self.step)
        np.minimum(self.step, self.unit, out=self.step)
        np.multiply(self.step, weights, out=self.size)
        np.add(self.season, self.size, out=self.season)
        self.profiles[hours] = self.season
        if (young := count < SETTLED).any():
            np.copyto(self.step, self.residual, where=young)
        np.maximum(self.share, self.pace.level, out=self.gain)
        np.multiply(self.gain, self.step, out=self.step)
        np.add(level, self.step, out=level)

    def _drift(self) -> None:
        """How far the level lies from the long-term one, against the history of that."""
        level, long = self.fields[Field.LEVEL], self.fields[Field.LONG_LEVEL]
        power = self.fields[Field.DRIFT_POWER]
        np.multiply(self.share, LONG_FORGETS, out=self.gain)
        np.maximum(self.gain, self.pace.long, out=self.gain)
        np.minimum(self.gain, 1.0, out=self.gain)
        np.subtract(level, long, out=self.moved)
        np.multiply(self.moved, self.gain, out=self.gain)
        np.add(long, self.gain, out=long)
        np.subtract(level, long, out=self.moved)
        np.abs(self.moved, out=self.moved)
        np.divide(self.moved, self.unit, out=self.moved)
        np.sqrt(power, out=self.spread)
        np.add(self.spread, NARROWEST_DRIFT, out=self.spread)
        np.divide(self.moved, self.spread, out=self.drift)
        np.minimum(self.moved, self.spread, out=self.moved)
        np.maximum(self.share, self.pace.tail, out=self.gain)
        _towards_square(power, self.moved, self.gain)

    def _rescale(self) -> None:
        """The usual residual, and how odd this one is: log(1 + |z|)."""
        scale, count = self.fields[Field.SCALE], self.fields[Field.COUNT]
        np.abs(self.residual, out=self.size)
        np.divide(self.size, self.unit, out=self.odd)
        np.minimum(self.odd, RESIDUAL_CLIP, out=self.odd)
        np.add(self.odd, 1.0, out=self.odd)
        np.log(self.odd, out=self.odd)
        np.multiply(self.unit, SCALE_CLIP, out=self.step)
        free = (count < SETTLED) | (scale <= 0)
        if free.any():
            np.copyto(self.step, np.inf, where=free)
        np.minimum(self.size, self.step, out=self.size)
        np.subtract(self.size, scale, out=self.size)
        np.maximum(self.share, self.pace.scale, out=self.step)
        np.multiply(self.size, self.step, out=self.size)
        np.add(scale, self.size, out=scale)

    def _spike(self) -> None:
        """The short mean of what is odd, against its own mean and spread."""
        spike, mean = self.fields[Field.SPIKE], self.fields[Field.SPIKE_MEAN]
        power = self.fields[Field.SPIKE_POWER]
        _towards(spike, self.odd, self.pace.spike, self.size)
        np.sqrt(power, out=self.spread)
        np.add(self.spread, NARROWEST, out=self.spread)
        np.subtract(spike, mean, out=self.deviation)
        np.divide(self.deviation, self.spread, out=self.spike)
        np.multiply(self.spread, HISTORY_CLIP, out=self.spread)
        np.minimum(self.deviation, self.spread, out=self.deviation)
        np.negative(self.spread, out=self.spread)
        np.maximum(self.deviation, self.spread, out=self.deviation)
        np.multiply(self.deviation, self.gain, out=self.size)
        np.add(mean, self.size, out=mean)
        _towards_square(power, self.deviation, self.gain)

    def _shift(self) -> None:
        """The short signed mean of what is odd, against its own spread around zero."""
        shift, power = self.fields[Field.SHIFT], self.fields[Field.SHIFT_POWER]
        np.copysign(self.odd, self.residual, out=self.odd)
        _towards(shift, self.odd, self.pace.shift, self.size)
        np.sqrt(power, out=self.spread)
        np.add(self.spread, NARROWEST, out=self.spread)
        np.abs(shift, out=self.deviation)
        np.divide(self.deviation, self.spread, out=self.shift)
        np.multiply(self.spread, HISTORY_CLIP, out=self.spread)
        np.minimum(self.deviation, self.spread, out=self.deviation)
        _towards_square(power, self.deviation, self.gain)


def _towards(mean: Floats, values: Floats, gain: float, buffer: Floats) -> None:
    """Move a mean towards values, in place."""
    np.subtract(values, mean, out=buffer)
    np.multiply(buffer, gain, out=buffer)
    np.add(mean, buffer, out=mean)


def _towards_square(power: Floats, values: Floats, gain: Floats) -> None:
    """Move a mean of squares towards the squares of values, both in place."""
    np.multiply(values, values, out=values)
    np.subtract(values, power, out=values)
    np.multiply(values, gain, out=values)
    np.add(power, values, out=power)
