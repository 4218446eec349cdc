from __future__ import annotations

from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from maintenance.models import Notification
from maintenance.notifiers.base import Notifier, NotifierError, link_to


class Email(Notifier):
    """A mail through Django's mail backend: SMTP, or files where there is no server."""

    def send(self, notification: Notification) -> None:
        order = notification.work_order
        message = EmailMessage(
            subject=f"[{order.priority}] {order.number} {notification.event}: {order.title}",
            body=render_to_string(
                "maintenance/mail/work_order.txt",
                {
                    "notification": notification,
                    "order": order,
                    "anomalies": order.anomalies.select_related("sensor"),
                    "link": link_to(notification),
                },
            ),
            to=[notification.recipient],
            headers={"X-Request-ID": ", ".join(notification.correlation_ids[:10])},
        )
        try:
            message.send()
        except (SMTPException, OSError) as exc:
            raise NotifierError(f"{type(exc).__name__}: {exc}") from exc
