"""How much of the processors' time went to others than this machine, while something ran."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

STAT = Path("/proc/stat")
# Of the times in its first line: user, nice, system, idle, iowait, irq, softirq, steal. What
# follows is part of the first two.
COUNTED, STEAL = slice(1, 9), 7


def watch_neighbours() -> Callable[[], float | None]:
    """Begin to watch. What is returned says how many percent were stolen until then.

    Nothing where the system does not tell. On a machine of its own it is zero.
    """
    before = _times()

    def stolen() -> float | None:
        passed = [now - then for now, then in zip(_times(), before, strict=True)]
        return round(100 * passed[STEAL] / sum(passed), 1) if any(passed) else None

    return stolen


def _times() -> list[int]:
    if not STAT.exists():
        return []
    with STAT.open() as lines:
        return [int(ticks) for ticks in lines.readline().split()[COUNTED]]
