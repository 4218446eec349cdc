from __future__ import annotations

from base64 import b64encode

from django.conf import settings

from maintenance.notifying.channels.base import Answer, DeliveryError, Notifier, Outgoing
from maintenance.notifying.channels.posting import post
from maintenance.notifying.short_texts import in_one_sms


class Sms(Notifier):
    """One SMS through the HTTP API of Twilio, or of a provider that speaks the same.

    References: Twilio, Programmable Messaging, Create a Message resource.
    """

    def send(self, outgoing: Outgoing) -> Answer:
        account, token = settings.SMS_ACCOUNT, settings.SMS_TOKEN
        if not (account and token and settings.SMS_FROM):
            words = "SMS_ACCOUNT, SMS_TOKEN and SMS_FROM are not all set in the environment."
            raise DeliveryError(words, is_passing=False)
        credentials = f"{account}:{token}".encode()
        return post(
            f"{settings.SMS_API_URL}/Accounts/{account}/Messages.json",
            headers={"Authorization": f"Basic {b64encode(credentials).decode()}"},
            data={
                "To": outgoing.first.recipient,
                "From": settings.SMS_FROM,
                "Body": in_one_sms(outgoing.message.subject),
            },
        )
