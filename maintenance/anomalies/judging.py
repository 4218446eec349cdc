"""What people make of an anomaly: who looks after it, what it was, and that it is another's."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from maintenance.anomalies.taking import taken
from maintenance.models import Anomaly, AnomalyLog
from maintenance.refusals import InvalidError, RefusedError
from sensors.access import Principal, Right
from sensors.models.access import principal_of

Act = AnomalyLog.Act
VERDICT = ["verdict", "verdict_note", "verdict_by", "verdict_at"]


@transaction.atomic
def assign(pk: int, *, by: Principal, to: User | None, note: str = "") -> Anomaly:
    """Say who looks after an anomaly; nobody, with None.

    Raises InvalidError for who may not work at the site, RefusedError and NotAllowedError.
    """
    anomaly = taken(pk, by)
    if to is not None:
        may = to.is_active and principal_of(to).may_at(Right.WORK, anomaly.asset.site_id)
        if not may:
            raise InvalidError("cannot_work_here", f"{to} may not work at this site.")
    anomaly.assigned_to = to
    anomaly.save(update_fields=["assigned_to"])
    words = ": ".join(filter(None, [f"to {to}" if to else "to nobody", note]))
    AnomalyLog.of(anomaly, Act.ASSIGNED, by.name, words).save()
    return anomaly


@transaction.atomic
def give_verdict(pk: int, *, by: Principal, verdict: str, note: str = "") -> Anomaly:
    """Say what an anomaly was. The last word counts; those before stand in the log.

    Raises InvalidError, RefusedError and NotAllowedError.
    """
    if verdict not in Anomaly.Verdict:
        raise InvalidError("unknown_verdict", f"It is one of {', '.join(Anomaly.Verdict)}.")
    anomaly = taken(pk, by)
    judge(anomaly, by, verdict, note)
    return anomaly


@transaction.atomic
def merge(pk: int, *, by: Principal, into: int, note: str = "") -> Anomaly:
    """Say that an anomaly is a part of another one of the same asset.

    Its symptoms stay with it, and so does its order: they are evidence of what was seen and
    asked for when. It is a duplicate from then on, keeps quiet, and what it becomes is
    decided about with the other. Raises InvalidError, RefusedError and NotAllowedError.
    """
    if pk == into:
        raise InvalidError("into_itself", "An anomaly is a part of itself already.")
    # In one order, so that two people who merge crosswise do not wait for each other.
    rows = {number: taken(number, by) for number in _there(pk, into)}
    anomaly, other = rows[pk], rows[into]
    if anomaly.asset_id != other.asset_id:
        raise RefusedError("other_asset", "Only anomalies of one asset can be one.")
    moved = [anomaly, *anomaly.merged.select_for_update(of=("self",), no_key=True)]
    Anomaly.objects.filter(pk__in=[row.pk for row in moved]).update(merged_into=other)
    if anomaly.decision_pending:
        Anomaly.objects.filter(pk=into).update(decision_pending=True)
    Anomaly.objects.filter(pk=pk).update(decision_pending=False, re_alarm_at=None)
    anomaly.refresh_from_db()
    judge(anomaly, by, Anomaly.Verdict.DUPLICATE, note)
    AnomalyLog.of(anomaly, Act.MERGED, by.name, f"into {into}. {note}".strip()).save()
    AnomalyLog.of(other, Act.TOOK_IN, by.name, f"{pk}. {note}".strip()).save()
    return anomaly


def _there(pk: int, into: int) -> list[int]:
    if not Anomaly.objects.filter(pk=into).exists():
        raise InvalidError("unknown_anomaly", f"There is no anomaly {into}.")
    return sorted((pk, into))


def judge(anomaly: Anomaly, by: Principal, verdict: str, note: str) -> None:
    """Write a verdict on a locked anomaly, and into its log."""
    before = anomaly.get_verdict_display()
    anomaly.verdict, anomaly.verdict_note = verdict, note[:500]
    anomaly.verdict_by, anomaly.verdict_at = by.name[:150], timezone.now()
    anomaly.save(update_fields=VERDICT)
    changed = f" instead of {before.lower()}" if before else ""
    words = ": ".join(filter(None, [anomaly.get_verdict_display() + changed, note]))
    AnomalyLog.of(anomaly, Act.VERDICT, by.name, words).save()
