"""Have reports made that people asked for, and each month those that nobody has to ask for."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from celery.utils.log import get_task_logger
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from maintenance.models import Report
from maintenance.reports.asking import carry_out
from maintenance.reports.monthly import ask_for_last_month

logger = get_task_logger(__name__)

# Longer than any report takes; the time limit of tasks may be longer still.
SILENT_AT_MOST = timedelta(minutes=5)
# One that waits is asked for again after so long; a second message does no harm.
WAITING_AT_MOST = timedelta(minutes=2)


def send(pk: int) -> None:
    """Ask for a report to be made.

    Never fails: what is not asked for now is found by resume_stalled_reports.
    """
    try:
        make_report.apply_async((pk,), retry=False)
    except BrokerError as exc:
        logger.warning("report %s waits, the broker is away: %s", pk, exc)


@shared_task(name="agents.make_report", acks_late=False)
def make_report(pk: int) -> None:
    """Make one report, at most once."""
    carry_out(pk)


@shared_task(name="agents.make_monthly_reports")
def make_monthly_reports() -> None:
    """Ask for the reports of the month that is over, of each site, unless they are there."""
    if asked := ask_for_last_month(timezone.now()):
        logger.info("asked for %s monthly reports", asked)


@shared_task(name="agents.resume_stalled_reports")
def resume_stalled_reports() -> None:
    """Give up on reports whose worker was lost, and send on those that are forgotten."""
    now = timezone.now()
    limit = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    if lost := Report.objects.give_up(untouched_since=now - max(SILENT_AT_MOST, limit)):
        logger.error("%s reports were lost while they were made", lost)
    waiting = Report.objects.filter(status=Report.Status.WAITING)
    for report in waiting.untouched_since(now - WAITING_AT_MOST).order_by("pk"):
        # Else each beat would send one that only waits its turn once more.
        report.updated_at = now
        report.save(update_fields=["updated_at"])
        send(report.pk)
