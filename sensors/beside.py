"""What no request should wait for, done by one thread beside those that answer.

Web servers have such a thread, see config/wsgi.py; nothing else does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sensors.store.connections import drop_lost

logger = logging.getLogger(__name__)

Work = Callable[..., object]


@dataclass(slots=True)
class Side:
    """The thread, once it has been started, and what it has still to do."""

    _thread: ThreadPoolExecutor | None = None
    _waiting: set[tuple[Any, ...]] = field(default_factory=set)

    def start(self) -> None:
        self._thread = ThreadPoolExecutor(1, "beside")

    def stop(self) -> None:
        """Return when all that waits is done."""
        if self._thread:
            self._thread.shutdown()
            self._thread = None

    def soon(self, work: Work, *args: object) -> None:
        """Have it done; on the spot if there is no thread.

        For what may be lost: a server that is killed takes it along.
        """
        if self._thread is None:
            work(*args)
        else:
            self.ahead(work, *args)

    def ahead(self, work: Work, *args: object) -> None:
        """Have it done before somebody has to wait for it; not at all without a thread."""
        task = (work, *args)
        if self._thread is None or task in self._waiting:
            return
        self._waiting.add(task)
        self._thread.submit(self._do, task)

    def _do(self, task: tuple[Any, ...]) -> None:
        work, *args = task
        try:
            drop_lost()
            work(*args)
        except Exception as exc:
            # Whoever needs it will do it again, and has somebody to tell what is wrong.
            logger.warning("not done beside requests: %s", exc)
        finally:
            self._waiting.discard(task)


side = Side()
