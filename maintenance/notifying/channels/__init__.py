from __future__ import annotations

from maintenance.models import Channel
from maintenance.notifying.channels.base import Notifier
from maintenance.notifying.channels.email import Email
from maintenance.notifying.channels.slack import Slack
from maintenance.notifying.channels.sms import Sms
from maintenance.notifying.channels.webhook import Webhook

# The name is stored in the database: never reuse one for another channel.
CHANNELS: dict[str, type[Notifier]] = {
    Channel.Kind.EMAIL: Email,
    Channel.Kind.SLACK: Slack,
    Channel.Kind.SMS: Sms,
    Channel.Kind.WEBHOOK: Webhook,
}
