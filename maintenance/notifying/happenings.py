"""What happened, with all that decides who is told of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from maintenance.models import Anomaly, Notification, Severity, WorkOrder
from maintenance.models.audiences import Reach
from maintenance.policy import Priority
from sensors.models import Asset, Site

SEVERITY_OF = {
    Priority.P1: Severity.CRITICAL,
    Priority.P2: Severity.HIGH,
    Priority.P3: Severity.MEDIUM,
    Priority.P4: Severity.LOW,
}


LONGEST_KEY = 60


@dataclass(frozen=True)
class Happening:
    """One event. Without an anomaly and an order it is about the asset, or about the site."""

    event: str
    site_id: int
    asset: Asset | None = None
    anomaly: Anomaly | None = None
    order: WorkOrder | None = None
    key: str = ""
    detail: str = ""
    request_ids: list[str] = field(default_factory=list)

    @property
    def severity(self) -> int:
        """Of the anomaly, or by the priority of the order; else high: somebody should look."""
        if self.anomaly:
            return self.anomaly.severity_worst
        return SEVERITY_OF[Priority(self.order.priority)] if self.order else Severity.HIGH

    @property
    def about(self) -> str:
        """What it happened to, the same whenever it happens to that again."""
        if self.anomaly:
            return f"anomaly {self.anomaly.pk}"
        return f"order {self.order.pk}" if self.order else self.group

    @property
    def group(self) -> str:
        """What is told together with it."""
        return f"asset {self.asset.pk}" if self.asset else f"site {self.site_id}"

    @cached_property
    def lineage(self) -> list[int]:
        return self.asset.lineage() if self.asset else []

    def told(self, **fields: object) -> Notification:
        """A row that says it to somebody, not yet stored."""
        return Notification(
            **{
                "site_id": self.site_id,
                "asset": self.asset,
                "anomaly": self.anomaly,
                "work_order": self.order,
                "event": self.event,
                "about": self.about,
                "event_key": fitting(self.key),
                "severity": self.severity,
                "detail": self.detail[:500],
                "correlation_ids": self.request_ids,
            }
            | fields
        )


def reaches(reach: Reach, what: Happening) -> bool:
    """Whether a rule or a policy is about where it happened, and about what is so severe."""
    here = reach.site_id in (None, what.site_id)
    return here and reach.reaches(what.lineage, what.severity)


def fitting(key: str) -> str:
    """The key, or a digest where it is longer than the column: it only has to differ."""
    return (
        key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()[:LONGEST_KEY]
    )


def happening(
    *,
    event: str,
    asset: Asset | None = None,
    anomaly: Anomaly | None = None,
    order: WorkOrder | None = None,
    site: Site | None = None,
    key: str = "",
    detail: str = "",
    request_ids: Iterable[str] = (),
    **others: object,
) -> Happening:
    """What the signal says, with the asset and the site that follow from it.

    What else it may say is for other listeners.
    """
    row = anomaly or order
    asset = asset or (row.asset if row else None)
    where = site.pk if site else asset.site_id if asset else None
    if where is None:
        raise ValueError(f"{event} happened nowhere: name an asset or a site")
    return Happening(event, where, asset, anomaly, order, key, detail, list(request_ids))
