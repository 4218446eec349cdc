"""Which anomalies? The questions that are asked of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from maintenance import policy
from sensors.access import Principal, Right

if TYPE_CHECKING:
    from maintenance.models.anomalies import Anomaly


class Severity(models.IntegerChoices):
    LOW = policy.Severity.LOW
    MEDIUM = policy.Severity.MEDIUM
    HIGH = policy.Severity.HIGH
    CRITICAL = policy.Severity.CRITICAL


class AnomalyQuerySet(models.QuerySet["Anomaly"]):
    def open(self) -> Self:
        """Episodes that have not ended."""
        return self.filter(ended_at=None)

    def with_status(self, status: str) -> Self:
        """Episodes of one derived status, see Anomaly.status."""
        Status = self.model.Status
        return self.filter(
            ended_at__isnull=status in (Status.ACTIVE_UNACK, Status.ACTIVE_ACK),
            acknowledged_at__isnull=status in (Status.ACTIVE_UNACK, Status.CLEARED_UNACK),
        )

    def standing(self) -> Self:
        """Those that count by themselves: neither suppressed nor merged into another."""
        return self.filter(suppression="", merged_into=None)

    def undecided(self) -> Self:
        """Episodes that are new or have become worse since the last decision.

        What is suppressed stays pending, and is decided about when it no longer is.
        """
        return self.standing().filter(decision_pending=True)

    def abnormal(self) -> Self:
        """Those that nobody has called normal operation: time that is not learnt from."""
        return self.exclude(verdict__in=self.model.NORMAL_VERDICTS)

    def like(self, anomaly: Anomaly) -> Self:
        """Episodes of the same alarm: of a sensor and kind, or of what an asset does."""
        if anomaly.is_joint:
            return self.filter(is_joint=True, asset=anomaly.asset_id, kind=anomaly.kind)
        return self.filter(is_joint=False, sensor=anomaly.sensor_id, kind=anomaly.kind)

    def with_plant(self) -> Self:
        return self.select_related("sensor", "asset__site")

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(asset__site__in=sites)
