"""What no request waits for is done by a thread beside those that answer, if there is one."""

from __future__ import annotations

import threading

import pytest

from sensors.beside import Side

WITHIN = 10  # Seconds, after which a test has hung


def test_without_a_thread_it_is_done_on_the_spot() -> None:
    done: list[str] = []

    Side().soon(done.append, "soon")

    assert done == ["soon"]


def test_without_a_thread_nothing_is_done_ahead_of_time() -> None:
    done: list[str] = []

    Side().ahead(done.append, "ahead")

    assert done == []


def test_a_thread_of_its_own_does_it() -> None:
    side, done = Side(), list[str]()
    side.start()

    side.soon(lambda: done.append(threading.current_thread().name))
    side.stop()

    assert len(done) == 1
    assert done[0].startswith("beside")


def test_what_waits_already_is_not_asked_for_twice() -> None:
    side, done, may_begin = Side(), list[str](), threading.Event()
    side.start()
    side.soon(may_begin.wait, WITHIN)

    for name in ("key", "key", "backlog", "key"):
        side.ahead(done.append, name)
    may_begin.set()
    side.stop()

    assert done == ["key", "backlog"]


def test_what_is_done_can_be_asked_for_again() -> None:
    side, done, was_done = Side(), list[str](), threading.Event()
    side.start()

    side.ahead(done.append, "key")
    side.soon(was_done.set)
    assert was_done.wait(WITHIN)
    side.ahead(done.append, "key")
    side.stop()

    assert done == ["key", "key"]


def test_what_fails_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    side, done = Side(), list[str]()
    side.start()

    side.soon(int, "no number")
    side.soon(done.append, "after")
    side.stop()

    assert done == ["after"]
    assert "no number" in caplog.text
