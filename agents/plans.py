"""Somebody has to look whether planned work falls due: nothing comes in to say so."""

from __future__ import annotations

from celery import shared_task
from celery.utils.log import get_task_logger
from django.utils import timezone

from agents.base import Persistent
from maintenance.plans.counting import count_meters
from maintenance.plans.generating import generate_due
from maintenance.plans.moving_on import resume_left

logger = get_task_logger(__name__)


@shared_task(base=Persistent, name="agents.generate_planned_orders")
def generate_planned_orders() -> None:
    """Carry on the meters and the plans whose order has ended, and make what is due."""
    now = timezone.now()
    count_meters(now)
    resume_left(now)
    if made := generate_due(now):
        logger.info("made %s orders of plans", made)
