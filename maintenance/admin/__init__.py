"""The pages of the admin on what is wrong and what is done about it."""

from __future__ import annotations

from maintenance.admin import (
    anomalies,
    work_orders,
)

__all__ = [
    "anomalies",
    "work_orders",
]

from maintenance.admin import (
    calendar_feeds,
    costs,
    lives,
    notifications,
    past,
    plans,
    reports,
    schedule,
    technicians,
)

__all__ = [
    "calendar_feeds",
    "costs",
    "lives",
    "notifications",
    "past",
    "plans",
    "reports",
    "schedule",
    "technicians",
]
