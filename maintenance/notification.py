"""Say what happened to an order: write a row for each recipient, then send it once."""

from __future__ import annotations

import logging

from django.conf import settings

from maintenance.models import Notification, WorkOrder
from maintenance.notifiers import NOTIFIERS, NotifierError
from sensors import correlation

logger = logging.getLogger(__name__)


def recipients() -> list[tuple[str, str]]:
    """Pairs of channel and recipient, as the settings have them."""
    mails = [("email", address) for address in settings.NOTIFY_EMAILS]
    hook = settings.NOTIFY_WEBHOOK_URL
    return [*mails, ("webhook", hook)] if hook else mails


def announce(order: WorkOrder, event: str, *, key: str, request_ids: list[str]) -> None:
    """Write down what has to be said. The notify agent sends it after the commit."""
    Notification.objects.bulk_create(
        [
            Notification(
                work_order=order,
                event=event,
                event_key=key,
                channel=channel,
                recipient=recipient,
                correlation_ids=request_ids,
            )
            for channel, recipient in recipients()
        ],
        ignore_conflicts=True,
    )


def deliver(pk: int) -> None:
    """Send one notification, unless another worker has it."""
    if not Notification.objects.claim(pk):
        return
    notification = Notification.objects.select_related("work_order__asset__site").get(pk=pk)
    with correlation.about(request_ids=tuple(notification.correlation_ids)):
        try:
            NOTIFIERS[notification.channel]().send(notification)
        except NotifierError as exc:
            logger.warning("notification %s was not sent: %s", pk, exc)
            notification.mark_failed(str(exc))
        except Exception as exc:
            # The outermost edge: a bug in a channel must be seen on the row as well.
            logger.exception("notification %s could not be made", pk)
            notification.mark_failed(f"{type(exc).__name__}: {exc}")
        else:
            logger.info("notification %s sent to %s", pk, notification.recipient)
            notification.mark_sent()
