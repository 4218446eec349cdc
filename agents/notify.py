from __future__ import annotations

from celery import shared_task

from agents.base import Agent
from agents.models import PipelineRun
from maintenance.models import Notification
from maintenance.notification import deliver


@shared_task(base=Agent, name="agents.notify")
def notify(run_id: int) -> None:
    """Hand each waiting notification to a task of its own."""
    with PipelineRun.objects.entering(run_id, PipelineRun.Stage.NOTIFIED) as run:
        if run:
            tell()


def tell() -> None:
    """Have all that waits sent, once the transaction is over."""
    for pk in Notification.objects.waiting().values_list("pk", flat=True):
        send_notification.delay_on_commit(pk)


@shared_task(name="agents.send_notification", acks_late=False)
def send_notification(pk: int) -> None:
    """Send one notification, at most once. A send is not retried blindly."""
    deliver(pk)
