"""What happens to anomalies and orders that others may want to hear of.

Whoever makes it happen sends the signal, inside the transaction in which it happens, and
knows nothing of who listens: announcing is work of its own.
"""

from __future__ import annotations

from django.db import models
from django.dispatch import Signal


class Event(models.TextChoices):
    OPENED = "opened", "An anomaly opened"
    WORSE = "worse", "An anomaly got worse"
    CLEARED = "cleared", "An anomaly is over"
    PROPOSED = "proposed", "An order was proposed"
    EXTENDED = "extended", "An order became wider or more urgent"
    APPROVED = "approved", "An order was approved"
    ASSIGNED = "assigned", "An order was given to somebody"
    OVERDUE = "overdue", "An order is overdue"
    COMPLETED = "completed", "An order was completed"
    # Rules may name it already. Nothing measures drift yet, so nothing sends it.
    DRIFT = "drift", "Data have drifted from what was learnt"
    PIPELINE_TROUBLE = "pipeline_trouble", "The pipeline is in trouble"


# Sent with `event`; `asset`, `anomaly` and `order` where there are any, else `site`; `key`,
# which tells repeats of the event on the same row apart; `detail` in words where no row has
# them; and `request_ids` that led to it.
happened = Signal()

# Sent in its place for what comes by the hundred, with `happenings`: a list of what
# `happened` would be sent with for each.
many_happened = Signal()

# Sent with `anomalies`, a list of their ids, inside the transaction that acknowledges them:
# whoever goes on calling people until somebody answers has to stop.
acknowledged = Signal()
