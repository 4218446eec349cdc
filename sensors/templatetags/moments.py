"""Moments in templates as the admin shows them everywhere, see admin_parts/times.py."""

from __future__ import annotations

from datetime import datetime

from django import template

from sensors.admin_parts.times import SHORT, shown

register = template.Library()


@register.filter
def in_full(moment: datetime | None) -> str:
    return shown(moment)


@register.filter
def in_short(moment: datetime | None) -> str:
    return shown(moment, SHORT)
