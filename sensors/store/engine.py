"""Which engine holds the readings. Only this folder asks."""

from __future__ import annotations

from django.db import connection


def is_timescale() -> bool:
    return connection.settings_dict["ENGINE"].startswith("timescale.")
