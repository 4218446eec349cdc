"""Carry out what people asked to be done with the quarantine."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.utils.log import get_task_logger
from kombu.exceptions import OperationalError as BrokerError

from agents.base import Persistent
from sensors import correlation
from sensors.aside.curating import work_off
from sensors.models import Curation

logger = get_task_logger(__name__)


def send(pk: int) -> None:
    """Ask for the next chunk of a curation.

    Never fails: what is not asked for now is found by resume_stalled_curations.
    """
    try:
        curate_quarantine.si(pk).on_error(fail_curation.s(pk)).apply_async(retry=False)
    except BrokerError as exc:
        logger.warning("curation %s waits, the broker is away: %s", pk, exc)


@shared_task(base=Persistent, name="agents.curate_quarantine")
def curate_quarantine(pk: int) -> None:
    """Work off one chunk. One a message, so that live data never waits behind a million."""
    asked = Curation.objects.get(pk=pk).correlation_id
    with correlation.about(request_ids=(asked,) if asked else ()):
        if work_off(pk):
            send(pk)


@shared_task(name="agents.fail_curation")
def fail_curation(request: Any, exc: Exception, traceback: Any, pk: int) -> None:
    """Close a curation that gave up, and keep the reason where people look."""
    error = f"{type(exc).__name__}: {exc}"
    logger.error("curation %s failed: %s", pk, error)
    Curation.objects.close_failed(pk, error=error)


def resume(pk: int) -> bool:
    """Send a failed or stalled curation on. False if it is neither."""
    stalled = Curation.objects.stalled().filter(pk=pk)
    if not Curation.objects.reopen(pk) and not stalled.exists():
        return False
    send(pk)
    return True
