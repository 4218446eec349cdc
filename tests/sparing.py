"""A pytest plugin: what tests stand on is not looked through for garbage again and again.

That is half a million objects of modules and tests, and a walk over them takes half a second.
"""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest

# New objects often, all of them hardly ever.
THRESHOLDS = (20_000, 50, 100)

# While modules are loaded there is hardly any.
gc.disable()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    try:
        return (yield)
    finally:
        gc.set_threshold(*THRESHOLDS)
        gc.enable()
