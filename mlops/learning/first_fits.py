"""Assets that have no detector get one by themselves, as soon as there is enough to learn.

One whose file is damaged or gone counts as none, and is fitted again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from mlops.learning.fitting import LEAST_ROWS, LEAST_SENSORS
from mlops.tasks import fit_asset
from sensors.history.bins import assets_with_history

logger = logging.getLogger(__name__)

LOOK_AGAIN_AFTER = timedelta(hours=1)


def ask_for_first_fits(assets: Collection[int]) -> None:
    """Have those of the assets fitted, once the transaction is over, that seem to have
    enough history. An asset is looked at once an hour. Never fails for want of a broker.
    """
    due = _due(assets)
    if not due:
        return
    ready = assets_with_history(due, sensors=LEAST_SENSORS, readings=LEAST_ROWS)

    def send() -> None:
        _send(ready)

    if ready:
        transaction.on_commit(send, robust=True)


def _due(assets: Collection[int]) -> list[int]:
    keys = {f"mlops:first-fit:{asset}": asset for asset in sorted(assets)}
    if not keys:
        return []
    try:
        fresh = keys.keys() - cache.get_many(keys).keys()
        if fresh:
            timeout = int(LOOK_AGAIN_AFTER.total_seconds())
            cache.set_many(dict.fromkeys(fresh, 1), timeout=timeout)
    except RedisError as exc:
        # Later is soon enough; looking each time would not be cheap.
        logger.warning("no look for first fits, the cache is away: %s", exc)
        return []
    return sorted(keys[key] for key in fresh)


def _send(assets: Sequence[int]) -> None:
    try:
        for asset in assets:
            fit_asset.apply_async(args=[asset], retry=False)
    except BrokerError as exc:
        logger.warning("no first fits, the broker is away: %s", exc)
