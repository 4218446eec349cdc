from __future__ import annotations

import hashlib
import hmac
import json

import httpx
from django.conf import settings

from maintenance.models import Notification
from maintenance.notifiers.base import Notifier, NotifierError, link_to

TIMEOUT = 10  # Seconds


class Webhook(Notifier):
    """A POST of JSON, signed with HMAC-SHA256 over the body when a secret is set."""

    def send(self, notification: Notification) -> None:
        body = json.dumps(_content(notification)).encode()
        headers = {"Content-Type": "application/json", "X-Event": notification.event}
        if secret := settings.NOTIFY_WEBHOOK_SECRET:
            signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            headers["X-Signature"] = f"sha256={signature}"
        try:
            answer = httpx.post(
                notification.recipient, content=body, headers=headers, timeout=TIMEOUT
            )
            answer.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise NotifierError(f"{type(exc).__name__}: {exc}") from exc


def _content(notification: Notification) -> dict[str, object]:
    order = notification.work_order
    return {
        "event": notification.event,
        "work_order": order.number,
        "state": order.state,
        "priority": order.priority,
        "title": order.title,
        "asset": order.asset.tag,
        "site": order.asset.site.code,
        "due_at": order.due_at.isoformat(),
        "url": link_to(notification),
        "request_ids": notification.correlation_ids,
    }
