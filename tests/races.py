"""Start functions at the same moment, each in a thread with a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

T = TypeVar("T")
# Longer than any race takes: a deadlock fails the test and does not hang it.
PATIENCE = 20


def race(*functions: Callable[[], T]) -> list[T]:
    """The results of the functions, in their order. What one raises is raised here."""
    barrier = Barrier(len(functions))

    def run(function: Callable[[], T]) -> T:
        try:
            barrier.wait(PATIENCE)
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as threads:
        futures = [threads.submit(run, function) for function in functions]
        return [future.result(PATIENCE) for future in futures]
