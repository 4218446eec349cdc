"""What this room listens to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from maintenance.events import acknowledged, happened
from maintenance.notifying.announcing import announce
from maintenance.notifying.escalating import follow, stop_escalation
from maintenance.notifying.happenings import happening


@receiver(happened)
def tell(*, sender: Any, signal: Any, **said: Any) -> None:
    """Write down who is to be told, in the transaction in which it happened."""
    what = happening(**said)
    with transaction.atomic():
        announce(what)
        follow(what)


@receiver(acknowledged)
def stand_down(*, anomalies: Sequence[int], **kwargs: Any) -> None:
    """Nobody else need be told, from the same moment on."""
    stop_escalation(*anomalies)
