"""What people found out about the anomalies of an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maintenance.anomalies.judging import judge
from maintenance.models import Anomaly, WorkOrder
from maintenance.refusals import InvalidError, RefusedError
from sensors.access import Principal


@dataclass(frozen=True, slots=True)
class Verdict:
    verdict: str
    note: str = ""


def give_verdicts(order: WorkOrder, verdicts: Mapping[int, Verdict], by: Principal) -> None:
    """Write verdicts on anomalies of the order.

    Raises RefusedError, not_linked, for any other anomaly; InvalidError: unknown_verdict.
    """
    if any(said.verdict not in Anomaly.Verdict for said in verdicts.values()):
        raise InvalidError("unknown_verdict", f"It is one of {', '.join(Anomaly.Verdict)}.")
    rows = order.anomalies.order_by("pk").select_for_update(no_key=True)
    linked = {anomaly.pk: anomaly for anomaly in rows}
    if odd := sorted(verdicts.keys() - linked.keys()):
        detail = f"{order.number} is not about the anomalies {odd[:20]}."
        raise RefusedError("not_linked", detail, anomalies=odd[:20])
    for pk, said in verdicts.items():
        judge(linked[pk], by, said.verdict, said.note)
