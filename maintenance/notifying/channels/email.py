from __future__ import annotations

from smtplib import (
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from maintenance.models import Notification
from maintenance.notifying.channels.base import Answer, DeliveryError, Notifier, Outgoing
from maintenance.notifying.composing import rendered

PERMANENT_FROM = 500  # SMTP: 4yz may work later, 5yz will not


class Email(Notifier):
    """A mail through Django's mail backend: SMTP, or files where there is no server."""

    def send(self, outgoing: Outgoing) -> Answer:
        mail = EmailMultiAlternatives(
            subject=outgoing.message.subject,
            body=rendered(outgoing.message, "txt"),
            to=[outgoing.first.recipient],
            headers=_headers(outgoing),
        )
        mail.attach_alternative(rendered(outgoing.message, "html"), "text/html")
        try:
            mail.send()
        except (SMTPException, OSError) as exc:
            raise _failure(exc) from exc
        return Answer(None, "")


def _headers(outgoing: Outgoing) -> dict[str, str]:
    """Mails about one order refer to the same message, so that they are shown as a thread."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    requests = dict.fromkeys(name for row in outgoing.rows for name in row.correlation_ids)
    headers = {"Message-ID": f"<{outgoing.id}@{host}>"}
    if requests:
        headers["X-Request-ID"] = ", ".join(list(requests)[:10])
    if threads := list(dict.fromkeys(thread_of(row) for row in outgoing.rows))[:10]:
        threads = [f"<{thread}@{host}>" for thread in threads]
        headers |= {"In-Reply-To": threads[0], "References": " ".join(threads)}
    return headers


def thread_of(row: Notification) -> str:
    """An anomaly that has become part of an order belongs to its thread."""
    order = row.work_order_id or (row.anomaly.work_order_id if row.anomaly else None)
    return f"order.{order}" if order else row.about.replace(" ", ".")


def _failure(exc: Exception) -> DeliveryError:
    code = _code(exc)
    words = f"{type(exc).__name__}: {exc}"
    permanent = isinstance(exc, SMTPNotSupportedError) or (code or 0) >= PERMANENT_FROM
    return DeliveryError(words, is_passing=not permanent, answer=Answer(code, ""))


def _code(exc: Exception) -> int | None:
    if isinstance(exc, SMTPResponseException):
        return exc.smtp_code
    if isinstance(exc, SMTPRecipientsRefused):
        return min(code for code, _ in exc.recipients.values())
    return None
