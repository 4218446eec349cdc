"""The pages of the admin on the plant, on who may send and see, and on what was put aside."""

from __future__ import annotations

from sensors.admin import aside, bridges, mappings, plant, vibration

__all__ = ["aside", "bridges", "mappings", "plant", "vibration"]
