"""What beat starts for work orders."""

from __future__ import annotations

from celery import shared_task
from celery.utils.log import get_task_logger

from agents.base import Persistent
from maintenance.orders import deciding, verification
from mlops.watching.operated import operated

logger = get_task_logger(__name__)


@shared_task(base=Persistent, name="agents.verify_orders")
def verify_orders() -> None:
    """See which repairs have proven themselves, and which have not."""
    if found := verification.verify_orders(operated):
        logger.info("orders verified: %s", dict(found))


@shared_task(base=Persistent, name="agents.bring_back_deferred")
def bring_back_deferred() -> None:
    """Announce proposals again that were put off until now."""
    if returned := deciding.bring_back_deferred():
        logger.info("%s deferred orders are back", returned)
