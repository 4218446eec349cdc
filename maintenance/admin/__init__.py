"""The pages of the admin on what is wrong and what is done about it."""

from __future__ import annotations

from maintenance.admin import (
    anomalies,
    costs,
    lives,
    notifications,
    reports,
    windows,
    work_orders,
)

__all__ = [
    "anomalies",
    "costs",
    "lives",
    "notifications",
    "reports",
    "windows",
    "work_orders",
]
