"""Work out plans of whole sites that have too many orders to wait for."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from celery.utils.log import get_task_logger
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from maintenance.models import SitePlan
from maintenance.scheduling.asking import carry_out

logger = get_task_logger(__name__)

# One that waits is asked for again after so long; a second message does no harm.
WAITING_AT_MOST = timedelta(minutes=2)


def send(pk: int) -> None:
    """Ask for a plan to be worked out.

    Never fails: what is not asked for now is found by resume_stalled_plans.
    """
    try:
        plan_site.apply_async((pk,), retry=False)
    except BrokerError as exc:
        logger.warning("plan %s waits, the broker is away: %s", pk, exc)


@shared_task(name="agents.plan_site", acks_late=False)
def plan_site(pk: int) -> None:
    """Work one plan out, at most once."""
    carry_out(pk)


@shared_task(name="agents.resume_stalled_plans")
def resume_stalled_plans() -> None:
    """Give up on plans whose worker was lost, and send on those that are forgotten."""
    now = timezone.now()
    limit = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    running = SitePlan.objects.filter(status=SitePlan.Status.RUNNING)
    lost = running.filter(updated_at__lt=now - limit)
    if count := lost.close_failed("Its worker was lost; ask for it again"):
        logger.error("%s plans were lost while they were worked out", count)
    waiting = SitePlan.objects.filter(status=SitePlan.Status.WAITING)
    for asked in waiting.filter(updated_at__lt=now - WAITING_AT_MOST).order_by("pk"):
        # Else each beat would send one that only waits its turn once more.
        asked.updated_at = now
        asked.save(update_fields=["updated_at"])
        send(asked.pk)
