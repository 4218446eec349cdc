"""The detectors that are held to the contract, and data on which each can show itself.

To add a detector, add a line to CASES.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from mlops.detectors.base import Block, Detector
from mlops.detectors.isolation_forest import IsolationForest
from mlops.detectors.jumps import Jumps
from mlops.detectors.lagged_pca import LaggedPCA
from mlops.detectors.level_and_pattern import LevelAndPattern
from mlops.detectors.limits import Limits
from mlops.detectors.noise_gone import NoiseGone
from mlops.detectors.rate_of_change import RateOfChange
from mlops.detectors.seasonal_baseline import SeasonalBaseline
from mlops.detectors.silence import Silence
from mlops.detectors.stuck import Stuck
from mlops.detectors.subsequences import Subsequences
from mlops.detectors.t_squared import TSquared

MINUTE = 60_000_000
START = 1_700_000_000_000_000
FAULTY_ROWS = 40


def noise(rows: int, columns: int, seed: int = 1) -> Block:
    """20 ± 1 every minute, each column at times of its own."""
    rng = np.random.default_rng(seed)
    micros = START + MINUTE * np.arange(rows)[:, None] + 1_000 * np.arange(columns)
    return Block(micros, rng.normal(20, 1, (rows, columns)).clip(16, 24))


def daily(rows: int, columns: int, seed: int = 1) -> Block:
    """The same every ten minutes, with a course of the day."""
    block = noise(rows, columns, seed)
    micros = START + (block.micros - START) * 10
    day = 2 * np.pi * micros / (24 * 60 * MINUTE)
    return Block(micros, block.values + 5 * np.sin(day))


def mixed(rows: int, columns: int, seed: int = 1) -> Block:
    """Sensors of one asset, read together, that go up and down with each other."""
    rng = np.random.default_rng(seed)
    load = rng.normal(0, 1, (rows, 1))
    own = rng.normal(0, 0.3, (rows, columns))
    micros = START + MINUTE * np.arange(rows)[:, None]
    return Block(micros, 20 + (load + own).clip(-4, 4) * np.linspace(1, 2, columns))


def _after(block: Block, values: Any) -> Block:
    changed = block.values.copy()
    changed[-FAULTY_ROWS:] = values
    return replace(block, values=changed)


def far_off(block: Block) -> Block:
    """The last rows are far from all that was."""
    return _after(block, block.values[-FAULTY_ROWS:] + 500.0)


def frozen(block: Block) -> Block:
    """The last rows repeat one value."""
    return _after(block, block.values[-FAULTY_ROWS])


def smooth(block: Block) -> Block:
    """The last rows are a straight line."""
    return _after(block, 20 + 0.01 * np.arange(FAULTY_ROWS)[:, None])


def out_of_step(block: Block) -> Block:
    """In the last rows one sensor goes down where the others go up."""
    values = block.values[-FAULTY_ROWS:].copy()
    values[:, 0] = 40 - values[:, 0]
    return _after(block, values)


def late(block: Block) -> Block:
    """The last rows come a day later."""
    micros = block.micros.copy()
    micros[-FAULTY_ROWS:] += 24 * 60 * MINUTE
    return replace(block, micros=micros)


@dataclass(frozen=True)
class Case:
    """A detector class, its parameters, ordinary data of it and a gross fault of its kind.

    `learns` is the number of rows that fit needs; 0 for what learns online. Of other
    ordinary data, a share of `false_alarms` may be past the line.
    """

    kind: type[Detector]
    parameters: dict[str, Any] = field(default_factory=dict)
    ordinary: Callable[..., Block] = noise
    fault: Callable[[Block], Block] = far_off
    learns: int = 0
    columns: int = 3
    false_alarms: float = 0.01
    # Ordinary rows before it is asked for alarms.
    rows: int = 200

    @cached_property
    def fitted(self) -> Detector:
        """Fitted once for all tests: nothing that they do with it may change it."""
        return self.unfitted().fit(self.history(seed=9))

    def unfitted(self) -> Detector:
        return self.kind(**self.parameters)

    def history(self, seed: int = 1) -> Block:
        """What it is fitted on."""
        return self.ordinary(self.learns, self.columns, seed=seed)

    def __str__(self) -> str:
        return "-".join([self.kind.__name__, *self.parameters])


CASES = [
    Case(Limits, {"warning_high": 50.0, "alarm_high": 80.0}),
    Case(Limits, {"warning_high": 50.0, "warning_low": 5.0, "alarm_low": 1.0}),
    Case(Limits, {"alarm_high": 50.0}),
    Case(Limits, {"alarm_high": 50.0, "deadband": 2.0}),
    Case(Jumps, {"largest": 10.0}),
    Case(RateOfChange, {"rise": 2000.0, "shortest_seconds": 300.0}),
    Case(Stuck, fault=frozen),
    Case(Stuck, {"hours": 0.5}, fault=frozen),
    Case(Silence, fault=late),
    Case(Silence, {"interval_seconds": 60.0}, fault=late),
    Case(NoiseGone, fault=smooth, rows=300),
    Case(SeasonalBaseline, ordinary=daily, rows=400),
    Case(TSquared, {"folds": 4}, ordinary=mixed, learns=400),
    Case(LaggedPCA, {"folds": 4}, ordinary=mixed, fault=out_of_step, learns=400),
    Case(LevelAndPattern, {"folds": 4}, ordinary=mixed, learns=400),
    Case(IsolationForest, {"folds": 4, "trees": 10}, ordinary=mixed, learns=400),
    # Its line is the 0.99 quantile of its own history, and alarms of windows overlap.
    Case(
        Subsequences,
        {"centres": 4},
        ordinary=daily,
        learns=1000,
        rows=300,
        false_alarms=0.2,
    ),
]
