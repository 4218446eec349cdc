"""Tell others, step by step, as long as nobody acknowledges."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from maintenance.events import Event
from maintenance.models import Anomaly, Escalation, EscalationPolicy, Notification
from maintenance.models.escalations import EscalationQuerySet
from maintenance.models.notifications import ESCALATED
from maintenance.notifying.addressing import addresses_of
from maintenance.notifying.happenings import Happening, happening
from maintenance.notifying.muting import settled

Watched = EscalationPolicy.Watched
# What begins an escalation, and what ends it.
BEGINS = {
    Event.OPENED: Watched.ANOMALIES,
    Event.WORSE: Watched.ANOMALIES,
    Event.PROPOSED: Watched.ORDERS,
}
ENDS = {
    Event.CLEARED: "It is over.",
    Event.APPROVED: "The order was approved.",
    Event.COMPLETED: "The order was completed.",
}
MOST_AT_ONCE = 200


def follow(what: Happening) -> None:
    """Begin or end escalations, in the transaction of what happened."""
    if what.event in ENDS:
        _stop(_about(what), ENDS[Event(what.event)])
    elif what.event in BEGINS and (what.anomaly is None or what.anomaly.acknowledged_at is None):
        _begin(what, BEGINS[Event(what.event)])


def stop_escalation(*anomalies: Anomaly | int) -> int:
    """Take no further step about the anomalies, and send nothing of a step that still waits.

    To be called in the transaction that acknowledges them. A step that is just being taken is
    waited for, and what it wrote is withdrawn; so when that transaction has committed, the
    sending of nothing more begins. Says how many escalations were stopped.
    """
    ids = [a.pk if isinstance(a, Anomaly) else a for a in anomalies]
    return _stop(Escalation.objects.filter(anomaly__in=ids), "It was acknowledged.")


def _about(what: Happening) -> EscalationQuerySet:
    if what.anomaly:
        return Escalation.objects.filter(anomaly=what.anomaly)
    return Escalation.objects.filter(work_order=what.order, work_order__isnull=False)


@transaction.atomic
def _stop(escalations: EscalationQuerySet, why: str) -> int:
    stopped = escalations.stop(why)
    if stopped:
        Notification.objects.filter(escalation__in=stopped).mute(why)
    return len(stopped)


def _begin(what: Happening, watched: str) -> None:
    policies = EscalationPolicy.objects.active().of_site(what.site.pk).filter(watches=watched)
    for policy in policies.prefetch_related("steps"):
        first = next(iter(policy.steps.all()), None)
        if first and policy.reaches(what.lineage, what.severity):
            now = timezone.now()
            row = Escalation(policy=policy, started_at=now, next_step_at=now + first.after)
            row.anomaly, row.work_order = what.anomaly, None if what.anomaly else what.order
            # One that runs goes on: what gets worse is not waited for anew.
            Escalation.objects.bulk_create([row], ignore_conflicts=True)


def take_steps() -> int:
    """Take each step whose time has come. Says how many were taken."""
    due = Escalation.objects.due(timezone.now()).values_list("pk", flat=True)
    return sum(take_step(pk) for pk in list(due[:MOST_AT_ONCE]))


@transaction.atomic
def take_step(pk: int) -> bool:
    """Take the next step of one escalation. False if it is not due, or another worker has it."""
    free = Escalation.objects.due(timezone.now()).filter(pk=pk)
    escalation = free.select_for_update(skip_locked=True, no_key=True).first()
    if escalation is None:
        return False
    why = settled(escalation)
    if not escalation.policy.is_active:
        why = "The policy was put out of use."
    if why:
        _stop(Escalation.objects.filter(pk=pk), why)
        return False
    steps = escalation.policy.steps.filter(after_minutes__gt=escalation.reached)
    step, following = (*steps[:2], None, None)[:2]
    if step:
        what = _what(escalation, step.after_minutes)
        Notification.objects.bulk_create(
            [what.told(**to.row, escalation=escalation) for to in addresses_of(step, what)],
            ignore_conflicts=True,
        )
        escalation.reached = step.after_minutes
        escalation.steps_taken += 1
    escalation.next_step_at = escalation.started_at + following.after if following else None
    escalation.save(update_fields=["reached", "steps_taken", "next_step_at"])
    return step is not None


def _what(escalation: Escalation, minutes: int) -> Happening:
    return happening(
        event=ESCALATED,
        anomaly=escalation.anomaly,
        order=escalation.work_order,
        key=f"{escalation.pk}:{minutes}",
        detail=f"Nobody has acknowledged it for {minutes} min."
        if escalation.anomaly
        else f"Nobody has decided for {minutes} min.",
    )
