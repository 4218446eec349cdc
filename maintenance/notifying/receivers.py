"""What this room listens to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from maintenance.events import acknowledged, happened, many_happened
from maintenance.notifying.announcing import announce
from maintenance.notifying.escalating import follow, stop_escalation
from maintenance.notifying.happenings import Happening, happening


@receiver(happened)
def tell(*, sender: Any, signal: Any, **said: Any) -> None:
    """Write down who is to be told, in the transaction in which it happened."""
    _tell([happening(**said)])


@receiver(many_happened)
def tell_many(*, happenings: Sequence[dict[str, Any]], **kwargs: Any) -> None:
    # One row of each asset, which remembers what it is a part of.
    assets = {said["asset"].pk: said["asset"] for said in happenings}
    _tell([happening(**said | {"asset": assets[said["asset"].pk]}) for said in happenings])


@transaction.atomic
def _tell(happenings: Sequence[Happening]) -> None:
    announce(happenings)
    follow(happenings)


@receiver(acknowledged)
def stand_down(*, anomalies: Sequence[int], **kwargs: Any) -> None:
    """Nobody else need be told, from the same moment on."""
    stop_escalation(*anomalies)
