from __future__ import annotations

import json

from django.conf import settings
from django.utils import timezone

from maintenance.notifying.channels.base import Answer, DeliveryError, Notifier, Outgoing
from maintenance.notifying.channels.posting import post
from maintenance.notifying.channels.targets import target_of
from maintenance.notifying.standard_webhooks import signed_headers


class Webhook(Notifier):
    """A POST of JSON, signed as Standard Webhooks has it where there is a secret.

    The one of the settings goes where the operator says; others only where a webhook may go.
    """

    def send(self, outgoing: Outgoing) -> Answer:
        chosen, url = outgoing.first.target, outgoing.first.recipient
        if chosen is None and url != settings.NOTIFY_WEBHOOK_URL:
            raise DeliveryError("The channel was removed.", is_passing=False)
        secret = outgoing.secret if chosen else settings.NOTIFY_WEBHOOK_SECRET
        if chosen and chosen.secret_name and not secret:
            words = f"NOTIFY_SECRET_{chosen.secret_name} is not set in the environment."
            raise DeliveryError(words, is_passing=False)
        body = json.dumps(outgoing.message.payload).encode()
        now = int(timezone.now().timestamp())
        headers = {"Content-Type": "application/json", "User-Agent": "smart-maintenance"}
        headers |= signed_headers(secret, outgoing.id, now, body)
        return post(url, headers=headers, content=body, target=target_of(url) if chosen else None)
