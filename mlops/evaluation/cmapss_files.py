"""Reading the turbofan run-to-failure sets, and splitting those without a test file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlops.evaluation.base import DataMissingError
from mlops.remaining_life.histories import History, Values

SETTINGS = 3
COLUMNS = 26
# Without a test file: this share of the training units is held out, each cut off at a
# few random places, for one place a unit would be too few figures.
HELD_OUT = 0.2
CUTS = 5
EARLIEST_CUT = 20


@dataclass(frozen=True, slots=True)
class Split:
    """Units to learn from, units cut off before they failed, and what these had left."""

    train: list[History]
    test: list[History]
    left: Values
    files: int


def read_split(folder: Path, name: str, seed: int = 0) -> Split:
    """The split of one set, with its own test file where there is one."""
    paths = [folder / f"{kind}_{name}.txt.gz" for kind in ("train", "test", "RUL")]
    if not paths[0].exists():
        raise DataMissingError(f"{paths[0]} is not there")
    files = sum(path.exists() for path in paths)
    train = read_histories(paths[0])
    if files == len(paths):
        return Split(train, read_histories(paths[1]), np.loadtxt(paths[2], ndmin=1), files)
    return hold_out(train, files, seed)


def read_histories(path: Path) -> list[History]:
    """Columns are unit, cycle, three settings, 21 sensors; rows of a unit are in order."""
    rows = np.loadtxt(path, ndmin=2)
    if rows.shape[1] != COLUMNS:
        raise ValueError(f"{path.name} has {rows.shape[1]} columns, {COLUMNS} are expected")
    lives = [rows[rows[:, 0] == unit] for unit in np.unique(rows[:, 0])]
    return [
        History(
            unit=f"{life[0, 0]:.0f}",
            settings=life[:, 2 : 2 + SETTINGS],
            sensors=life[:, 2 + SETTINGS :],
        )
        for life in lives
    ]


def hold_out(histories: list[History], files: int, seed: int) -> Split:
    """Whole units are held out, never rows of a unit that is also learnt from."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(histories))
    count = round(HELD_OUT * len(histories))
    test, left = [], []
    for number in order[:count]:
        history = histories[number]
        for rows in rng.integers(EARLIEST_CUT, history.rows + 1, CUTS):
            test.append(history.until(int(rows)))
            left.append(float(history.rows - rows))
    return Split([histories[number] for number in order[count:]], test, np.array(left), files)
