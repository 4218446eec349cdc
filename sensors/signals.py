"""What this app announces. It does not know who listens."""

from __future__ import annotations

from django.dispatch import Signal

# Sent inside the transaction that keeps the batch, or right after the one statement that
# does. What listens waits for the commit and does not fail. Arguments: batch.
batch_received = Signal()

# Sent inside the transaction that keeps the curation. Arguments: curation.
curation_asked = Signal()
