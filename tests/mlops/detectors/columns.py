"""Short ways to blocks of one or a few sensors."""

from __future__ import annotations

import numpy as np

from mlops.detectors.base import Block

SECOND = 1_000_000
START = 1_700_000_000 * SECOND


def column(values, step=60, times=None):
    """Readings of one sensor, every `step` seconds or at `times` in seconds."""
    given = np.array(values, dtype=float)
    given = given if given.ndim == 2 else given[:, None]
    seconds = np.arange(len(given)) * step if times is None else np.array(times)
    return Block(START + (seconds * SECOND).astype(np.int64)[:, None], given)


def joined(*blocks):
    return Block(
        np.concatenate([b.micros for b in blocks]), np.concatenate([b.values for b in blocks])
    )


def scores_of(detector, block):
    fitted = detector.fit(column(np.empty(0)))
    return fitted.score(block, fitted.begin(block.columns))[0]


def alarms(detector, block):
    """Where the first column alarms."""
    return scores_of(detector, block).score[:, 0] >= 1


def episodes(alarm):
    """How many stretches of alarms there are."""
    return int(np.count_nonzero(np.diff(np.concatenate([[0], alarm.astype(int)])) == 1))


def explained(detector, block, row=-1):
    scores = scores_of(detector, block)
    return detector.explain(block, scores, range(block.rows)[row], 0)
