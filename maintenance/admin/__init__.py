"""The pages of the admin on what is wrong and what is done about it."""

from __future__ import annotations

from maintenance.admin import (
    anomalies,
    calendar_feeds,
    costs,
    lives,
    notifications,
    notifying,
    order_rules,
    past,
    plans,
    reports,
    schedule,
    technicians,
    windows,
    work_orders,
)

__all__ = [
    "anomalies",
    "calendar_feeds",
    "costs",
    "lives",
    "notifications",
    "notifying",
    "order_rules",
    "past",
    "plans",
    "reports",
    "schedule",
    "technicians",
    "windows",
    "work_orders",
]
