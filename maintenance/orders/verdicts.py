"""What people found out about the anomalies of an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from maintenance.models import Anomaly, WorkOrder
from maintenance.refusals import RefusedError
from sensors.access import Principal


@dataclass(frozen=True, slots=True)
class Verdict:
    verdict: str
    note: str = ""


def give_verdicts(order: WorkOrder, verdicts: Mapping[int, Verdict], by: Principal | None) -> None:
    """Write verdicts on anomalies of the order. Raises RefusedError for any other anomaly."""
    linked = {anomaly.pk: anomaly for anomaly in order.anomalies.select_for_update(no_key=True)}
    if odd := sorted(verdicts.keys() - linked.keys()):
        detail = f"{order.number} is not about the anomalies {odd[:20]}."
        raise RefusedError("not_linked", detail, anomalies=odd[:20])
    for pk, said in verdicts.items():
        write_verdict(linked[pk], said, by)


def write_verdict(anomaly: Anomaly, said: Verdict, by: Principal | None) -> None:
    """The only place in this room that writes a verdict."""
    anomaly.verdict, anomaly.verdict_note = said.verdict, said.note[:500]
    anomaly.verdict_by = by.name[:150] if by else ""
    anomaly.verdict_at = timezone.now()
    anomaly.save(update_fields=["verdict", "verdict_note", "verdict_by", "verdict_at"])
