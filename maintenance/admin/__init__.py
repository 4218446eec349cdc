"""The pages of the admin on what is wrong and what is done about it."""

from __future__ import annotations

from maintenance.admin import anomalies, lives, notifications, windows, work_orders

__all__ = ["anomalies", "lives", "notifications", "windows", "work_orders"]
