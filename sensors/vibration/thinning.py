"""As many points as somebody looks at, of as many as there are."""

from __future__ import annotations

import numpy as np

from sensors.vibration.waveform import Samples


def strongest_lines(
    frequencies: Samples, amplitudes: Samples, most: int
) -> tuple[Samples, Samples]:
    """The strongest line of each stretch of a spectrum, `most` of them at most.

    Not every n-th line: what a spectrum is looked at for are its few high ones.

    >>> strongest_lines(np.arange(4.0), np.array([1.0, 5.0, 2.0, 0.0]), 2)[0].tolist()
    [1.0, 2.0]
    """
    starts = _starts(amplitudes.size, most)
    ends = [*starts[1:], amplitudes.size]
    best = [
        begin + int(np.argmax(amplitudes[begin:end]))
        for begin, end in zip(starts, ends, strict=True)
    ]
    return frequencies[best], amplitudes[best]


def outline(samples: Samples, steps: int) -> tuple[Samples, Samples]:
    """Lowest and highest sample of each of at most `steps` stretches: places and values.

    Drawn as a line it covers what all of them would, peaks too.

    >>> outline(np.array([0.0, 3.0, 1.0, -2.0]), 2)[1].tolist()
    [0.0, 3.0, 1.0, -2.0]
    """
    if samples.size <= 2 * steps:
        return np.arange(samples.size, dtype=np.float64), samples
    starts = _starts(samples.size, steps)
    low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    return np.repeat(starts, 2).astype(np.float64), np.stack([low, high], axis=1).ravel()


def _starts(size: int, most: int) -> list[int]:
    count = min(size, most)
    return [size * n // count for n in range(count)]
