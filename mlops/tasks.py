"""What beat starts for forecasts."""

from __future__ import annotations

from celery import shared_task
from celery.utils.log import get_task_logger

from mlops import keeping

logger = get_task_logger(__name__)


@shared_task(name="mlops.keep_forecasts")
def keep_forecasts() -> None:
    """Put forecasts aside, to be held against what comes."""
    if kept := keeping.keep_forecasts():
        logger.info("kept %s forecasts", kept)


@shared_task(name="mlops.check_forecasts")
def check_forecasts() -> None:
    """Count what came inside the bands of forecasts whose time is over."""
    if checked := keeping.check_forecasts():
        logger.info("checked %s forecasts", checked)
