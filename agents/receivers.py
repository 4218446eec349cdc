from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from agents import curate, nudge
from agents.report import send as send_report
from maintenance.models import Report
from maintenance.signals import report_asked
from sensors.models import Curation
from sensors.signals import batch_received, curation_asked


@receiver(batch_received)
def wake_agents(**kwargs: Any) -> None:
    """Tell the agents of a new batch once it is safely stored."""
    transaction.on_commit(nudge.send)


@receiver(curation_asked)
def start_curation(*, curation: Curation, **kwargs: Any) -> None:
    """Have a curation worked off once it is safely stored."""
    transaction.on_commit(lambda: curate.send(curation.pk))


@receiver(report_asked)
def start_report(*, report: Report, **kwargs: Any) -> None:
    """Have a report made once its request is safely stored."""
    transaction.on_commit(lambda: send_report(report.pk))
