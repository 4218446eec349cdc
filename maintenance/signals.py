"""What this app announces. It does not know who listens."""

from __future__ import annotations

from django.dispatch import Signal

# Sent inside the transaction that keeps the report. Arguments: report.
report_asked = Signal()
