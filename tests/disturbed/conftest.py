from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from celery_app import app


@contextmanager
def eager(*, on: bool) -> Iterator[None]:
    """Run tasks in this process, or send them to Valkey for a worker."""
    before, app.conf.task_always_eager = app.conf.task_always_eager, on
    try:
        yield
    finally:
        app.conf.task_always_eager = before


@pytest.fixture
def real_broker() -> Iterator[None]:
    """Messages go to Valkey, not to the test's own process."""
    with eager(on=False):
        app.control.purge()
        yield
        app.control.purge()
