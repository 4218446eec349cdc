"""Tell others, step by step, as long as nobody acknowledges."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from maintenance.events import Event
from maintenance.models import Anomaly, Escalation, EscalationPolicy, Notification
from maintenance.models.escalations import EscalationQuerySet
from maintenance.models.notifications import ESCALATED
from maintenance.notifying.addressing import addresses_of
from maintenance.notifying.happenings import Happening, happening, reaches
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


def follow(happenings: Sequence[Happening]) -> None:
    """Begin and end escalations, in the transaction of what happened."""
    begun = [what for what in happenings if what.event in BEGINS and not _is_acknowledged(what)]
    if begun:
        _begin(begun)
    for event, why in ENDS.items():
        if ended := [what for what in happenings if what.event == event]:
            _stop(_about(ended), why)


def _is_acknowledged(what: Happening) -> bool:
    return what.anomaly is not None and what.anomaly.acknowledged_at is not None


def stop_escalation(*anomalies: Anomaly | int) -> int:
    """Take no further step about the anomalies, and send nothing of a step that still waits.

    To be called in the transaction that acknowledges them. A step that is just being taken is
    waited for, and what it wrote is withdrawn; so when that transaction has committed, the
    sending of nothing more begins. Says how many escalations were stopped.
    """
    ids = [a.pk if isinstance(a, Anomaly) else a for a in anomalies]
    return _stop(Escalation.objects.filter(anomaly__in=ids), "It was acknowledged.")


def _about(happenings: Sequence[Happening]) -> EscalationQuerySet:
    anomalies = [what.anomaly.pk for what in happenings if what.anomaly]
    orders = [what.order.pk for what in happenings if what.order and not what.anomaly]
    return Escalation.objects.filter(Q(anomaly__in=anomalies) | Q(work_order__in=orders))


@transaction.atomic
def _stop(escalations: EscalationQuerySet, why: str) -> int:
    stopped = escalations.stop(why)
    if stopped:
        Notification.objects.filter(escalation__in=stopped).mute(why)
    return len(stopped)


def _begin(happenings: Sequence[Happening]) -> None:
    now, sites = timezone.now(), {what.site_id for what in happenings}
    policies = EscalationPolicy.objects.active().of_sites(sites).prefetch_related("steps")
    Escalation.objects.bulk_create(
        [
            Escalation(
                policy=policy,
                anomaly=what.anomaly,
                work_order=None if what.anomaly else what.order,
                started_at=now,
                next_step_at=now + first.after,
            )
            for policy in policies
            for first in policy.steps.all()[:1]
            for what in happenings
            if policy.watches == BEGINS[Event(what.event)] and reaches(policy, what)
        ],
        # One that runs goes on: what gets worse is not waited for anew.
        ignore_conflicts=True,
    )


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
