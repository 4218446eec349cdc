"""What happens to anomalies because time goes by: nothing comes in to say so."""

from __future__ import annotations

from celery import shared_task
from celery.utils.log import get_task_logger
from django.db import transaction
from django.utils import timezone

from agents.base import Persistent
from agents.notify import tell
from maintenance.anomalies.acknowledging import take_back_acknowledgements
from maintenance.anomalies.clearing import clear_unconfirmed
from maintenance.anomalies.refreshing import refresh_suppression
from maintenance.anomalies.windows import move_windows_on
from maintenance.decision import decide_undecided
from mlops.health.foresight import SoonestLimit

logger = get_task_logger(__name__)


@shared_task(base=Persistent, name="agents.tend_anomalies")
def tend_anomalies() -> None:
    """Move windows on, end what nothing confirms, ask again for acknowledgements, and
    decide about what is heard again."""
    now = timezone.now()
    move_windows_on(now)
    if cleared := clear_unconfirmed(now):
        logger.info("%s symptoms are over, for nothing confirmed them", cleared)
    if again := take_back_acknowledgements(now):
        logger.info("%s anomalies have to be acknowledged again", again)
    if heard := refresh_suppression(now):
        logger.info("%s anomalies are heard again", heard)
        # By itself: it locks the assets of all that is undecided.
        with transaction.atomic():
            decide_undecided(SoonestLimit())
            tell()
