"""Send what is due, once, and write down what came of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from maintenance.models import DeliveryAttempt, Notification
from maintenance.notifying import timing
from maintenance.notifying.channels import CHANNELS
from maintenance.notifying.channels.base import NO_ANSWER, Answer, DeliveryError, Outgoing
from maintenance.notifying.claiming import claim
from maintenance.notifying.composing import compose
from sensors import correlation

logger = logging.getLogger(__name__)

Status = Notification.Status
Outcome = DeliveryAttempt.Outcome


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one attempt."""

    outcome: str
    answer: Answer = NO_ANSWER
    error: str = ""
    retry_after: timedelta | None = None


def deliver(pk: int) -> None:
    """Send one notification with what is told along, unless it has to wait or another worker
    has it."""
    rows = claim(pk)
    if not rows:
        return
    requests = dict.fromkeys(name for row in rows for name in row.correlation_ids)
    with correlation.about(request_ids=tuple(requests)):
        began, clock = timezone.now(), perf_counter()
        result = _try(rows)
        took = timedelta(seconds=perf_counter() - clock)
        _record(rows, result, began, took)


def _try(rows: Sequence[Notification]) -> Result:
    first = rows[0]
    try:
        answer = CHANNELS[first.channel]().send(Outgoing(rows, compose(rows)))
    except DeliveryError as exc:
        logger.warning("notification %s was not sent: %s", first.pk, exc)
        outcome = Outcome.PASSING if exc.is_passing else Outcome.PERMANENT
        return Result(outcome, exc.answer, str(exc), exc.retry_after)
    except Exception as exc:
        # The outermost edge: a bug in a channel must be seen on the row as well.
        logger.exception("notification %s could not be made", first.pk)
        return Result(Outcome.PERMANENT, error=f"{type(exc).__name__}: {exc}")
    logger.info("notification %s sent to %s", first.pk, first.recipient)
    return Result(Outcome.SENT, answer)


@transaction.atomic
def _record(
    rows: Sequence[Notification], result: Result, began: datetime, took: timedelta
) -> None:
    """What became of the message is what became of all that was told in it."""
    first, now = rows[0], timezone.now()
    DeliveryAttempt.objects.create(
        notification=first,
        at=began,
        took=took,
        outcome=result.outcome,
        status_code=result.answer.status,
        answer=result.answer.text[:500].replace("\x00", ""),
        error=result.error[:300],
    )
    sending = Notification.objects.filter(pk__in=[r.pk for r in rows], status=Status.SENDING)
    if result.outcome == Outcome.SENT:
        sending.update(status=Status.SENT, sent_at=now, error="")
    elif result.outcome == Outcome.PASSING and first.attempts < settings.NOTIFY_ATTEMPTS:
        at = now + timing.retry_after(first.attempts, result.retry_after)
        sending.update(status=Status.WAITING, next_attempt_at=at, error=result.error[:300])
    else:
        sending.update(status=Status.FAILED, error=result.error[:300])
