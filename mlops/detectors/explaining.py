"""What explanations of detectors have in common: the numbers, and spans of time in words."""

from __future__ import annotations

import math

from mlops.detectors.base import Block, Scores


def evidence_of(block: Block, scores: Scores, row: int, series: int) -> dict[str, float | None]:
    """The reading, what was expected and the band around it; None where there is none."""
    numbers = {
        "value": block.values[row, series],
        "expected": scores.expected[row, series],
        "low": scores.low[row, series],
        "high": scores.high[row, series],
        "score": scores.score[row, series],
    }
    return {name: known(float(number)) for name, number in numbers.items()}


def known(number: float) -> float | None:
    """The number, None if it is NaN or infinite."""
    return number if math.isfinite(number) else None


def named(number: float | None) -> str:
    """A value as people read it.

    >>> named(20.0), named(1234567.0), named(None)
    ('20', '1.235e+06', 'no reading')
    """
    return "no reading" if number is None else f"{number:.4g}"


def spoken(seconds: float) -> str:
    """A span of time in the largest unit of which it has two or more.

    >>> spoken(90), spoken(150), spoken(7200), spoken(200_000)
    ('90 s', '2.5 min', '2 h', '2.3 days')
    """
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.2g} {unit}"
    return f"{seconds:.3g} s"


def micros_at(block: Block, row: int, series: int) -> int:
    """The time of one cell of a block, in microseconds."""
    return int(block.micros[row, series if block.micros.shape[1] > 1 else 0])
