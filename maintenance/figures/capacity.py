"""How much work there are hands for. The one place that says so."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.conf import settings

from maintenance.models import Technician


class Capacity(NamedTuple):
    technicians: int
    weekly_hours: float


def capacity_of(sites: Collection[int]) -> Capacity:
    """Of the active technicians of some sites, each with the hours that the settings state."""
    technicians = Technician.objects.active().filter(site__in=sites).count()
    return Capacity(technicians, technicians * settings.WEEKLY_HOURS_PER_TECHNICIAN)
