"""False alarms of assets by how much they learnt from, on simulated machines without a fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from maintenance.episodes import TAIL_RULES, openings
from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Values
from mlops.detectors.calibration import FALSE_ALARMS_PER_WEEK, likely_quantile, tail_for_rate
from mlops.detectors.level_and_pattern import LevelAndPattern
from mlops.evaluation.base import Result
from mlops.evaluation.multivariate_tables import block_of, watch

INTERVAL = 60.0
DAY_ROWS = 24 * 60
HISTORIES = (500, 1000, 5000)
MACHINES, WEEKS = 20, 3
SENSORS, LOADS = 6, 3
# Rows until a simulated load has forgotten how it began.
BURN_IN = 1000
FACTOR = 3.0


@dataclass(frozen=True, slots=True)
class Kind:
    """From row to row its loads keep a share between `least` and `most` of themselves. The
    first also has a wave of the day of up to `wave` standard deviations, at least half."""

    least: float
    most: float
    wave: float = 0.0


KINDS = {
    "without memory": Kind(0.0, 0.0),
    "with memory": Kind(0.5, 0.98, wave=1.0),
    "slow": Kind(0.99, 0.99),
    "waves of the day": Kind(0.5, 0.98, wave=2.0),
}


class WithoutError(LevelAndPattern):
    """The shipped detector with a line that takes what it was drawn through for the truth."""

    def _line(self, held_out: Values) -> float:
        return likely_quantile(held_out, self.tail)


def evaluate(data: Path, pictures: Path | None) -> Result:
    """False alarms a week, of machines with a row a minute, after 500, 1000 and 5000 rows.

    The machines are made up: no data set is needed, and no picture is drawn.
    """
    figures = measure(LevelAndPattern)
    worst = max(figures.values()) / FALSE_ALARMS_PER_WEEK
    return Result(
        score=worst,
        goal=f"≤ {FACTOR:.0f} times {FALSE_ALARMS_PER_WEEK} a week; 1 is the promise",
        met=worst <= FACTOR,
        figures=figures,
        baselines={"line without its error": measure(WithoutError)},
        files=0,
        of=0,
        notes=("500 rows are a third of a day: of a wave of the day they show as much",),
    )


def measure(detector: type[AssetDetector]) -> dict[str, float]:
    """False alarms a week by kind of machine and rows of history."""
    return {
        f"{name}, {rows} rows": float(
            np.mean([weekly(detector(), *made) for made in machines(kind, rows)])
        )
        for name, kind in KINDS.items()
        for rows in HISTORIES
    }


def machines(kind: Kind, rows: int) -> Iterator[tuple[Values, Values]]:
    """Histories of some rows of machines of a kind, and the weeks that follow."""
    for seed in range(MACHINES):
        run = normal_run(kind, rows + WEEKS * 7 * DAY_ROWS, seed)
        yield run[:rows], run[rows:]


def normal_run(kind: Kind, rows: int, seed: int) -> Values:
    """Sensors that each see some of the loads of a machine, and a noise of their own."""
    rng = np.random.default_rng(seed)
    memory = rng.uniform(kind.least, kind.most, LOADS)
    shocks = rng.normal(size=(rows + BURN_IN, LOADS)) * np.sqrt(1 - memory**2)
    loads = [lfilter([1], [1, -m], s)[BURN_IN:] for m, s in zip(memory, shocks.T, strict=True)]
    turns = np.arange(rows) / DAY_ROWS + rng.random()
    loads[0] += kind.wave * rng.uniform(0.5, 1) * np.sin(2 * np.pi * turns)
    noise = rng.uniform(0.2, 0.8, SENSORS) * rng.normal(size=(rows, SENSORS))
    return np.asarray(np.column_stack(loads) @ rng.normal(size=(LOADS, SENSORS)) + noise)


def weekly(detector: AssetDetector, history: Values, following: Values) -> float:
    """Episodes a week that would have been opened, at the rate that is promised."""
    quiet = TAIL_RULES.refractory.total_seconds()
    detector.tail = min(detector.tail, tail_for_rate(FALSE_ALARMS_PER_WEEK, INTERVAL, quiet))
    known = block_of(history, INTERVAL)
    begun = watch(detector.fit(known), known)
    block = block_of(following, INTERVAL)
    seen = watch(detector, block, begun.state)
    opened = openings(block.micros[:, 0], seen.score, TAIL_RULES)
    return opened.size * 7 * DAY_ROWS / len(following)
