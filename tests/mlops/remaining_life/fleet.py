"""Made-up units whose way to failure is known."""

from __future__ import annotations

import numpy as np

from mlops.remaining_life.histories import History
from mlops.remaining_life.model import RemainingLife

# What a regime adds to each of four sensors; the last two never see any wear.
OFFSETS = np.array([[0.0, 10.0, 500.0, 3.0], [40.0, -20.0, 800.0, 5.0]])
WEAR = np.array([3.0, -2.0, 0.0, 0.0])


def make_unit(name: str, seed: int, *, noise: float = 0.3, regimes: int = 1) -> History:
    """A unit whose wear grows from 0 to 1, the faster the nearer it is to failure."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(60, 160))
    left = np.arange(rows)[::-1]
    wear = np.exp(-left / 20.0)[:, None]
    regime = rng.integers(0, regimes, rows)
    sensors = OFFSETS[regime] + WEAR * wear + rng.normal(0, noise, (rows, 4))
    settings = np.column_stack([regime * 20.0, np.full(rows, 7.0)]) + rng.normal(
        0, 1e-3, (rows, 2)
    )
    return History(name, settings, sensors)


def make_fleet(
    units: int, *, seed: int = 0, noise: float = 0.3, regimes: int = 1
) -> list[History]:
    return [
        make_unit(f"unit {n}", seed * 1000 + n, noise=noise, regimes=regimes) for n in range(units)
    ]


def quick(**parameters: object) -> RemainingLife:
    """The model with fewer trees and folds, so that tests are quick."""
    given: dict[str, object] = {"cap": 50.0, "folds": 3, "trees": 60, "train_rows": 1000}
    return RemainingLife(**{**given, **parameters})  # type: ignore[arg-type]
