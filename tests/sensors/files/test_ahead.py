from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from sensors.files.ahead import ahead


def test_items_come_in_their_order() -> None:
    assert list(ahead(range(1_000))) == list(range(1_000))
    assert list(ahead([])) == []


def test_one_item_is_made_ahead_and_no_more() -> None:
    made: list[int] = []
    second = threading.Event()

    def make() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    items = ahead(make())

    assert next(items) == 0
    assert second.wait(10)
    items.close()
    assert made == [0, 1]


def test_what_making_them_raises_is_raised_after_the_items_before_it() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    items = ahead(make())

    assert next(items) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)
