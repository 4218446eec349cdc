"""The project's settings, but the naive views are served."""

from __future__ import annotations

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.naive.urls"
