"""Maintenance windows: put down by planners, moved on as time goes by, left out of learning."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from maintenance.anomalies.suppressing import lineages
from maintenance.models import MaintenanceWindow
from maintenance.refusals import RefusedError, require
from sensors.access import Principal, Right
from sensors.models import Asset

Span = tuple[datetime, datetime]


@transaction.atomic
def put_down(window: MaintenanceWindow, *, by: Principal) -> None:
    """Check and keep a window, new or changed.

    Raises ValidationError for what cannot be so, RefusedError and NotAllowedError.
    """
    require(by, Right.PLAN, window.site_id)
    if window.pk:
        # Not only what was read before: another may have cancelled it meanwhile.
        stored = MaintenanceWindow.objects.select_for_update(of=("self",)).get(pk=window.pk)
        require(by, Right.PLAN, stored.site_id)
        if stored.cancelled_at:
            raise RefusedError("cancelled", "It was cancelled: put a new one down.")
    window.full_clean()
    window.changed_by = by.name[:150]
    window.look_ahead()
    window.save()


@transaction.atomic
def cancel(pk: int, *, by: Principal) -> MaintenanceWindow:
    """End a window for good; what of it has passed stays on record.

    Raises RefusedError and NotAllowedError.
    """
    window = MaintenanceWindow.objects.select_for_update(of=("self",)).get(pk=pk)
    require(by, Right.PLAN, window.site_id)
    if window.cancelled_at:
        raise RefusedError("cancelled", "It was cancelled before.")
    window.cancelled_at, window.changed_by = timezone.now(), by.name[:150]
    window.look_ahead()
    window.save()
    return window


@transaction.atomic
def move_windows_on(now: datetime, *, most: int = 500) -> int:
    """Find the next time of windows whose last one is over. Says how many those were."""
    passed = MaintenanceWindow.objects.passed(now).order_by("pk")
    rows = list(
        passed.select_for_update(of=("self",), skip_locked=True).select_related("site")[:most]
    )
    for window in rows:
        window.look_ahead(now)
    MaintenanceWindow.objects.bulk_update(rows, ["next_start", "next_end"])
    return len(rows)


def maintained(asset: Asset, since: datetime, until: datetime) -> list[Span]:
    """When an asset, or what it is a part of, was under maintenance between two moments."""
    site, lineage = lineages([asset.pk])[asset.pk]
    of_it = Q(asset__in=lineage) | Q(asset=None, site=site)
    windows = MaintenanceWindow.objects.filter(of_it, starts_at__lt=until).select_related("site")
    return [span for window in windows for span in window.spans(since, until)]
