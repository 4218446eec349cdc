"""A model that cannot be loaded is fitted anew, without waiting for the night."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from mlops.tasks import fit_asset_type

logger = logging.getLogger(__name__)

ASK_AGAIN_AFTER = 3_600  # Seconds


def ask_for_fit(asset_type: int) -> None:
    """Have the model of a type fitted, once an hour at most. Never fails: by night it is
    looked for again."""
    try:
        if not cache.add(f"mlops:life-fit:{asset_type}", 1, timeout=ASK_AGAIN_AFTER):
            return
    except RedisError as exc:
        logger.warning("no fit is asked for, the cache is away: %s", exc)
        return

    def send() -> None:
        try:
            fit_asset_type.apply_async((asset_type,), retry=False)
        except BrokerError as exc:
            logger.warning("no fit is asked for, the broker is away: %s", exc)

    transaction.on_commit(send, robust=True)
