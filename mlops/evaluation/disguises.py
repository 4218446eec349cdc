"""Copies of a labelled series that a detector of any machine should do as well on.

Settings that were chosen on the labels of some files fit these files best. Most of what a
copy has, the file has: a detector that does much worse on it has been fitted to how the
file is written down, such as its interval, and will do worse on other files too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mlops.evaluation.nab_files import Case
from mlops.evaluation.univariate_series import Floats, Micros, Series

HOUR = 3_600_000_000  # Microseconds
# Mean length of bursts of missing readings, and of what comes between them, in readings.
BURST, BETWEEN = 12, 60
# Where readings are uneven: so many in a row are kept with one of these chances.
RUN, CHANCES = 40, (0.1, 0.3, 1.0)
# From the range of the middle half of a normal distribution to its deviation.
MIDDLE_HALF = 1.349

Disguise = Callable[[Case, np.random.Generator], Case | None]


def _rows(case: Case, rows: slice | NDArray[np.bool_]) -> Case:
    one = case.series
    return Case.of(Series(one.name, one.micros[rows], one.values[rows]), case.windows)


def _with_values(case: Case, values: Floats) -> Case:
    return Case.of(Series(case.series.name, case.series.micros, values), case.windows)


def _every(case: Case, rng: np.random.Generator, *, nth: int, begin: int = 0) -> Case:
    return _rows(case, slice(begin, None, nth))


def _means(case: Case, rng: np.random.Generator, *, of: int) -> Case:
    """At the time of the last reading in each."""
    whole = case.series.values.size // of * of
    series = Series(
        case.series.name,
        case.series.micros[of - 1 : whole : of],
        case.series.values[:whole].reshape(-1, of).mean(axis=1),
    )
    return Case.of(series, case.windows)


def _in_unit(case: Case, rng: np.random.Generator, *, factor: float, offset: float) -> Case:
    return _with_values(case, case.series.values * factor + offset)


def _later(case: Case, rng: np.random.Generator, *, hours: float) -> Case:
    moved = round(hours * HOUR)
    one = case.series
    return Case.of(Series(one.name, one.micros + moved, one.values), case.windows + moved)


def _missing(case: Case, rng: np.random.Generator, *, share: float) -> Case:
    return _rows(case, rng.random(case.series.values.size) >= share)


def _in_bursts(case: Case, rng: np.random.Generator) -> Case:
    kept = np.ones(case.series.values.size, dtype=bool)
    row = 0
    while row < kept.size:
        begin = row + 1 + int(rng.exponential(BETWEEN))
        row = begin + 1 + int(rng.exponential(BURST))
        kept[begin:row] = False
    return _rows(case, kept)


def _uneven(case: Case, rng: np.random.Generator) -> Case:
    """Now every reading, now one in ten, and none of them on time."""
    size = case.series.values.size
    chance = np.repeat(rng.choice(CHANCES, size=size // RUN + 1), RUN)[:size]
    return _late(_rows(case, rng.random(size) < chance), rng)


def _late(case: Case, rng: np.random.Generator) -> Case:
    """Each reading late by chance, by less than the usual interval."""
    one = case.series
    if one.micros.size < 2:
        return case
    late = rng.random(one.micros.size) * 0.9 * np.median(np.diff(one.micros))
    micros: Micros = np.maximum.accumulate(one.micros + late.astype(np.int64))
    return Case.of(Series(one.name, micros, one.values), case.windows)


def _noisy(case: Case, rng: np.random.Generator, *, share: float) -> Case:
    """With noise of a share of the usual deviation."""
    values = case.series.values
    low, high = np.quantile(values, [0.25, 0.75])
    spread = (high - low) / MIDDLE_HALF or np.std(values)
    return _with_values(case, values + share * spread * rng.normal(size=values.size))


def _half(case: Case, rng: np.random.Generator, *, second: bool) -> Case | None:
    """None where a window lies across the middle."""
    middle = case.series.values.size // 2
    if any(first < middle <= last for first, last in case.labels.windows):
        return None
    return _rows(case, slice(middle, None) if second else slice(middle))


# What keeps every reading and its order, so that nothing is lost to see.
WHOLE: Mapping[str, Disguise] = {
    "as it is": lambda case, rng: case,
    "times 1000, plus 7": partial(_in_unit, factor=1000.0, offset=7.0),
    "negated": partial(_in_unit, factor=-1.0, offset=0.0),
    "5 weeks later": partial(_later, hours=5 * 7 * 24.0),
    "3 h 25 min later": partial(_later, hours=3 + 25 / 60),
    "7 h 40 min earlier": partial(_later, hours=-(7 + 40 / 60)),
    "noise of 2 %": partial(_noisy, share=0.02),
    "noise of 5 %": partial(_noisy, share=0.05),
    "times by chance": _late,
}
# What takes readings away, and windows with them.
THINNED: Mapping[str, Disguise] = {
    "every 2nd": partial(_every, nth=2),
    "every 2nd, from the 2nd": partial(_every, nth=2, begin=1),
    "means of 2": partial(_means, of=2),
    "every 3rd": partial(_every, nth=3),
    "means of 3": partial(_means, of=3),
    "10 % missing": partial(_missing, share=0.1),
    "30 % missing": partial(_missing, share=0.3),
    "missing in bursts": _in_bursts,
    "uneven": _uneven,
    "first half": partial(_half, second=False),
    "second half": partial(_half, second=True),
}


DISGUISES: Mapping[str, Disguise] = {**WHOLE, **THINNED}


def disguised(cases: Sequence[Case], name: str) -> list[Case]:
    """Copies of the cases, the same in every call; without those that have none."""
    copies = []
    for number, case in enumerate(cases):
        copy = DISGUISES[name](case, np.random.default_rng(number))
        if copy is not None and copy.series.values.size > 1:
            copies.append(copy)
    return copies
