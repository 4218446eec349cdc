"""How the seasonal baseline learns: three passes over the rows, all series at once.

Only what feeds back on itself is done row by row: first level, season and scale; then the
short and the long means; then the histories of the channels. All else is done once for
the whole stretch. Each number comes from its own series only and by the same operations
in the same order, so that scores depend neither on company nor on how blocks are cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from mlops.detectors.seasonal_state import CHANNELS, Field, Floats, Stretch

# Until so many readings are seen the level is their plain mean.
SETTLED = 60
# A step is clipped at one usual residual, what the scale learns from at five.
SCALE_CLIP = 5.0
# What counts of a residual at most, in usual residuals.
RESIDUAL_CLIP = 50.0
# For spike, shift and drift: how many spreads of a channel its history learns from at most,
HISTORY_CLIP = np.array([[10.0], [10.0], [1.0]])
# and what no spread is taken to be narrower than: nothing is ever perfectly steady.
NARROWEST = np.array([[0.02], [0.02], [0.06]])
# The long-term level forgets the first readings by this power of their number.
LONG_FORGETS = 4.0
# Mean of 2 (√(1 + |z|) - 1) where nothing happens: of a normal distribution.
USUAL_SPIKE = 0.8
# Against division by zero in a series that never moved; relative to its values.
SMALLEST_SCALE = 1e-12


class Pace(NamedTuple):
    """Shares of a new reading in the means; of spike and shift, at the usual gap."""

    level: float
    scale: float
    spike: float
    shift: float
    long: float
    tail: float


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of readings, of shape (rows, series), NaN where there is none.

    `deviations`, of shape (rows, channels, series), are in the spreads of their channels.
    """

    count: Floats
    expected: Floats
    unit: Floats
    deviations: Floats

    @classmethod
    def nothing(cls, rows: int, series: int) -> Self:
        count, expected, unit = np.full((3, rows, series), np.nan)
        return cls(count, expected, unit, np.full((rows, CHANNELS, series), np.nan))

    def write(self, stretch: Stretch, found: Judged) -> None:
        rows = slice(stretch.first, stretch.first + stretch.values.shape[0])
        whole = stretch.series.size == self.count.shape[1]
        columns = slice(None) if whole else stretch.series
        self.count[rows, columns] = found.count
        self.expected[rows, columns] = found.expected
        self.unit[rows, columns] = found.unit
        self.deviations[rows, :, columns] = found.deviations


def learn(fields: Floats, stretch: Stretch, pace: Pace) -> Judged:
    """Take the rows of a stretch in order. `fields`, a row a field, is learnt in place."""
    rows, series = stretch.values.shape
    _start(fields, stretch.values[0])
    counts = fields[Field.COUNT] + np.arange(1, rows + 1)[:, None]
    fields[Field.COUNT] = counts[-1]
    share = 1.0 / counts
    expected, unit, residual, levels = np.empty((4, rows, series))
    _baseline(fields, stretch, counts, pace, (expected, unit, residual, levels))
    away = np.minimum(np.abs(residual) / unit, RESIDUAL_CLIP) + 1.0
    towards = (2.0 * (np.sqrt(away) - 1.0), np.copysign(np.log(away), residual), levels)
    means = _means(fields, towards, stretch.strides, share, pace)
    means[:, 2] = np.abs(levels - means[:, 2]) / unit
    deviations = _deviations(fields, means, np.maximum(share, pace.tail))
    return Judged(counts, expected, unit, deviations)


def _start(fields: Floats, values: Floats) -> None:
    """Give series without a reading so far something to begin with."""
    fresh = fields[Field.COUNT] == 0
    for field, begins in (
        (Field.LEVEL, values),
        (Field.LONG_LEVEL, values),
        (Field.SPIKE, USUAL_SPIKE),
        (Field.SPIKE_MEAN, USUAL_SPIKE),
    ):
        np.copyto(fields[field], begins, where=fresh)


def _baseline(
    fields: Floats,
    stretch: Stretch,
    counts: Floats,
    pace: Pace,
    found: tuple[Floats, Floats, Floats, Floats],
) -> None:
    """Level, season and scale: clipped steps, so that a fault does not teach itself."""
    level, scale = fields[Field.LEVEL], fields[Field.SCALE]
    profiles = fields[Field.SEASON :].reshape(-1)
    season, step, size = np.empty((3, level.size))
    unmoved = np.empty(level.size, dtype=bool)
    level_gain = np.maximum(1.0 / counts, pace.level)
    scale_gain = np.maximum(1.0 / counts, pace.scale)
    floor = np.maximum(np.abs(stretch.values) * SMALLEST_SCALE, np.finfo(float).tiny)
    young = np.asarray(counts < SETTLED)
    any_young = np.logical_or.reduce(young, axis=1).tolist()
    for row, (expected, unit, residual, after) in enumerate(zip(*found, strict=True)):
        hours = stretch.hours[row]
        profiles.take(hours, out=season, mode="clip")
        np.add(level, season, out=expected)
        np.subtract(stretch.values[row], expected, out=residual)
        np.maximum(scale, floor[row], out=unit)
        np.negative(unit, out=step)
        np.maximum(residual, step, out=step)
        np.minimum(step, unit, out=step)
        np.multiply(step, stretch.weights[row], out=size)
        np.add(season, size, out=season)
        profiles[hours] = season
        if any_young[row]:
            np.copyto(step, residual, where=young[row])
        np.multiply(step, level_gain[row], out=step)
        np.add(level, step, out=level)
        after[:] = level
        np.multiply(unit, SCALE_CLIP, out=step)
        np.equal(scale, 0.0, out=unmoved)
        np.copyto(step, np.inf, where=unmoved)
        if any_young[row]:
            np.copyto(step, np.inf, where=young[row])
        np.abs(residual, out=size)
        np.minimum(size, step, out=size)
        np.subtract(size, scale, out=size)
        np.multiply(size, scale_gain[row], out=size)
        np.add(scale, size, out=scale)


def _means(
    fields: Floats,
    targets: tuple[Floats, Floats, Floats],
    strides: Floats,
    share: Floats,
    pace: Pace,
) -> Floats:
    """The short mean, the signed mean and the long-term level after each row."""
    means = np.empty((share.shape[0], CHANNELS, share.shape[1]))
    gains = np.empty_like(means)
    np.minimum(strides * pace.spike, 1.0, out=gains[:, 0])
    np.minimum(strides * pace.shift, 1.0, out=gains[:, 1])
    gains[:, 2] = np.clip(share * LONG_FORGETS, pace.long, 1.0)
    towards = np.stack(targets, axis=1)
    mean = fields[Field.SPIKE : Field.SPIKE + CHANNELS]
    for target, gain, after in zip(towards, gains, means, strict=True):
        np.subtract(target, mean, out=target)
        np.multiply(target, gain, out=target)
        np.add(mean, target, out=after)
        mean = after
    fields[Field.SPIKE : Field.SPIKE + CHANNELS] = mean
    return means


def _deviations(fields: Floats, statistics: Floats, gains: Floats) -> Floats:
    """How far out each channel is, in its own spread; its history learns clipped."""
    deviations = np.empty_like(statistics)
    usual = fields[Field.SPIKE_MEAN]
    power = fields[Field.SPIKE_POWER : Field.SPIKE_POWER + CHANNELS]
    spread, lowest = np.empty((2, *power.shape))
    for away, gain, deviation in zip(statistics, gains, deviations, strict=True):
        np.sqrt(power, out=spread)
        np.add(spread, NARROWEST, out=spread)
        np.subtract(away[0], usual, out=away[0])
        np.divide(away, spread, out=deviation)
        np.multiply(spread, HISTORY_CLIP, out=spread)
        np.negative(spread, out=lowest)
        np.minimum(away, spread, out=away)
        np.maximum(away, lowest, out=away)
        np.multiply(away[0], gain, out=lowest[0])
        np.add(usual, lowest[0], out=usual)
        np.multiply(away, away, out=away)
        np.subtract(away, power, out=away)
        np.multiply(away, gain, out=away)
        np.add(power, away, out=power)
    return deviations
