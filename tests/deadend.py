"""Stores that are away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytest_django import Settings


@contextmanager
def without_cache(settings: Settings) -> Iterator[None]:
    """Point the cache at a socket where nobody listens."""
    usual = settings.CACHES
    settings.CACHES = {"default": usual["default"] | {"LOCATION": "unix:///nowhere/socket"}}
    try:
        yield
    finally:
        settings.CACHES = usual
