"""How much memory a process and its children take, at the most.

Shared pages count once (PSS), as a plain sum of the processes would not.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

EVERY = 0.5  # Seconds
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


@contextmanager
def watched(pids: dict[str, int]) -> Iterator[dict[str, float]]:
    """Yields the peaks so far in MB, by name. Empty where /proc does not tell (macOS)."""
    peaks: dict[str, float] = {}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(EVERY):
            for name, pid in pids.items():
                if megabytes := taken(pid):
                    peaks[name] = max(peaks.get(name, 0.0), megabytes)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        ended.set()
        thread.join()


def taken(pid: int) -> float:
    """What a process and its descendants take now, in MB."""
    return sum(_pss(process) for process in [pid, *_descendants(pid)]) / 1024


def _pss(pid: int) -> int:
    with suppress(OSError):
        if found := PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text()):
            return int(found[1])
    return 0


def _descendants(pid: int) -> Iterable[int]:
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, file.read_text().split()):
                yield child
                yield from _descendants(child)
