"""Make the next item while the one before is in use."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
END: Any = object()


def ahead(items: Iterable[T]) -> Generator[T, None, None]:
    """The same items, made one ahead by a thread: no more than two are there at a time.

    Worth it where one side waits, as for a database. What making them raises is raised
    here, in its turn.

    >>> list(ahead(range(3)))
    [0, 1, 2]
    """
    source = iter(items)
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, source, END)
        while (item := coming.result()) is not END:
            coming = maker.submit(next, source, END)
            yield item
