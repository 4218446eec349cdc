from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Seconds to wait before the next attempt: twice as long each time, up to a limit.

    With jitter, so that all who lost the same server do not come back at the same moment.
    """

    first: float = 0.25
    most: float = 30.0
    _next: float = 0.0

    def wait(self) -> float:
        delay = min(self._next or self.first, self.most)
        self._next = 2 * delay
        return random.uniform(delay / 2, delay)

    def reset(self) -> None:
        self._next = 0.0
