from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from celery.utils.log import get_task_logger
from django.utils import timezone

from agents.base import Agent, Persistent
from agents.models import PipelineRun
from maintenance.models import Notification
from maintenance.notifying.delivering import deliver
from maintenance.notifying.escalating import take_steps
from maintenance.notifying.lateness import say_overdue
from maintenance.notifying.repeating import repeat_due

logger = get_task_logger(__name__)

# Longer than any channel may take to answer.
SENDING_AT_MOST = timedelta(minutes=5)
MOST_AT_ONCE = 500
# A message that nobody took by then is dropped: the next look sends another.
TAKEN_WITHIN = 60  # Seconds


@shared_task(base=Agent, name="agents.notify")
def notify(run_id: int) -> None:
    """Hand each notification that is due to a task of its own."""
    with PipelineRun.objects.entering(run_id, PipelineRun.Stage.NOTIFIED) as run:
        if run:
            tell()


def tell() -> None:
    """Have all that is due sent, once the transaction is over."""
    due = Notification.objects.due(timezone.now()).messages()
    for pk in due.values_list("pk", flat=True)[:MOST_AT_ONCE]:
        send_notification.apply_async_on_commit((pk,), expires=TAKEN_WITHIN)


@shared_task(name="agents.send_notification", acks_late=False)
def send_notification(pk: int) -> None:
    """Make one attempt to send a notification. Whether there is another is on its row."""
    deliver(pk)


@shared_task(base=Persistent, name="agents.send_due_notifications")
def send_due_notifications() -> None:
    """Send what is due by now; give up on what was lost in sending."""
    tell()
    lost_before = timezone.now() - SENDING_AT_MOST
    if lost := Notification.objects.give_up(claimed_before=lost_before):
        logger.error("%s notifications were lost while being sent", lost)


@shared_task(base=Persistent, name="agents.take_escalation_steps")
def take_escalation_steps() -> None:
    """Tell the next people about what nobody has acknowledged."""
    if taken := take_steps():
        logger.info("%s steps of escalations were taken", taken)
        tell()


@shared_task(base=Persistent, name="agents.repeat_notifications")
def repeat_notifications() -> None:
    """Say again what still goes on, and which orders have become overdue."""
    say_overdue()
    repeat_due()
    tell()
