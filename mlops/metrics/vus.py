"""Area under range-based curves, averaged over how far a hit may lie beside its label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class VolumeUnderSurface:
    """Both volumes, from 0 to 1; `pr` of random scores is about the share of anomalies."""

    pr: float
    roc: float


def volume_under_surface(
    labels: ArrayLike, scores: ArrayLike, buffer: int, thresholds: int = 250
) -> VolumeUnderSurface:
    """How well scores rank the rows of anomalous ranges above the others.

    For each buffer length from 0 to `buffer` the label of a range fades out over half that
    length on either side, so that a score that comes a little early or late is not a miss;
    recall is multiplied by the share of ranges that were touched at all. The areas under
    the curves of precision over recall and of true over false alarms are averaged over
    the lengths. Unlike point-adjusted F1 it gives nothing for one lucky row in a
    long range, and unlike point-wise precision it forgives the lag of a window.

    `thresholds` are taken at evenly spaced ranks of the scores, as the reference does, so
    that only the order of scores matters. Scores may not be NaN. ValueError if no row is
    labelled, for then there is nothing to find.

    >>> volume_under_surface([0, 0, 1, 1, 0, 0], [0, 1, 5, 4, 2, 0], buffer=0).pr
    1.0

    References: Paparrizos et al., Volume Under the Surface, PVLDB 15(11), 2022.
    """
    flags = np.asarray(labels).astype(bool)
    values = np.asarray(scores, dtype=np.float64)
    if flags.shape != values.shape or flags.ndim != 1:
        raise ValueError("labels and scores must be two rows of the same length")
    if not flags.any():
        raise ValueError("no row is labelled as anomalous")
    if np.isnan(values).any():
        raise ValueError("scores may not be NaN")
    first, alarms = _ranks(values, thresholds)
    starts, ends = _ranges(flags)
    areas = [
        _areas(_faded(flags, starts, ends, width), flags, first, alarms, groups)
        for width in range(buffer + 1)
        for groups in [_groups(starts, ends, width // 2, flags.size)]
    ]
    pr, roc = np.mean(areas, axis=0)
    return VolumeUnderSurface(float(pr), float(roc))


def _ranks(values: Floats, thresholds: int) -> tuple[Ints, Ints]:
    """The first threshold that each row reaches, and how many rows reach each threshold."""
    falling = np.sort(values)[::-1]
    levels = falling[np.linspace(0, values.size - 1, thresholds).astype(int)]
    first = np.searchsorted(-levels, -values, side="left")
    return first, np.cumsum(np.bincount(first, minlength=thresholds))


def _ranges(flags: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """First and last rows of the labelled ranges."""
    edges = np.diff(flags.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1


def _faded(flags: NDArray[np.bool_], starts: Ints, ends: Ints, width: int) -> Floats:
    """Labels that fall off by a square root over half of `width` beside each range."""
    faded = flags.astype(np.float64)
    if width < 2:
        return faded
    away = np.arange(1, width // 2 + 1)
    rows = np.concatenate([ends[:, None] + away, starts[:, None] - away])
    weights = np.broadcast_to(np.sqrt(1 - away / width), rows.shape)
    inside = (rows >= 0) & (rows < flags.size)
    np.add.at(faded, rows[inside], weights[inside])
    return np.minimum(faded, 1.0)


def _groups(starts: Ints, ends: Ints, half: int, size: int) -> tuple[Ints, Ints]:
    """The ranges with their margins, those that touch taken together; ends are exclusive."""
    apart = ends[:-1] + half < starts[1:] - half
    first = np.concatenate([starts[:1], starts[1:][apart]]) - half
    last = np.concatenate([ends[:-1][apart], ends[-1:]]) + half + 1
    return np.maximum(first, 0), np.minimum(last, size)


def _areas(
    faded: Floats,
    flags: NDArray[np.bool_],
    first: Ints,
    alarms: Ints,
    groups: tuple[Ints, Ints],
) -> tuple[float, float]:
    """Areas under precision–recall and under true–false alarms for one buffer length."""
    thresholds = alarms.size
    hits = np.cumsum(np.bincount(first, faded, thresholds))
    margin = np.cumsum(np.bincount(first, np.where(flags, 0.0, faded), thresholds))
    # Half of the margin that was hit counts as positive, so that recall is not inflated
    # by margins, and alarms that keep out of them lose nothing.
    positives = flags.sum() + margin / 2

    padded = np.append(first, thresholds)
    touched_at = np.minimum.reduceat(padded, np.column_stack(groups).ravel())[::2]
    touched = np.cumsum(np.bincount(touched_at, minlength=thresholds)[:thresholds])
    found = np.minimum(hits / positives, 1.0) * touched / groups[0].size

    false = (alarms - hits) / (flags.size - positives)
    pr = np.diff(found, prepend=0.0) @ (hits / alarms)
    roc = np.trapezoid(np.r_[0.0, found, 1.0], np.r_[0.0, false, 1.0])
    return float(pr), float(roc)
