from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from agents import nudge
from sensors.signals import batch_received


@receiver(batch_received)
def wake_agents(**kwargs: Any) -> None:
    """Tell the agents of a new batch once it is safely stored."""
    transaction.on_commit(nudge.send)
