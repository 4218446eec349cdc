from __future__ import annotations

from maintenance.notifiers.base import Notifier, NotifierError
from maintenance.notifiers.email import Email
from maintenance.notifiers.webhook import Webhook

__all__ = ["NOTIFIERS", "Notifier", "NotifierError"]

# The name is stored in the database: never reuse one for another channel.
NOTIFIERS: dict[str, type[Notifier]] = {"email": Email, "webhook": Webhook}
