"""The project's Celery app and a task that does nothing, to hold the pipeline against."""

from __future__ import annotations

import time

from django.core.cache import cache

from celery_app import app

__all__ = ["app", "stop_clock", "walk"]


@app.task(name="benchmarks.walk")
def walk() -> None:
    """A step of a chain without any work."""


@app.task(name="benchmarks.stop_clock")
def stop_clock(key: str) -> None:
    cache.set(key, time.time(), timeout=60)
