from __future__ import annotations

from abc import ABC, abstractmethod

from django.conf import settings
from django.urls import reverse

from maintenance.models import Notification


class NotifierError(Exception):
    """A channel refused a message, or could not be reached."""


class Notifier(ABC):
    """A channel. To add one, register a subclass in notifiers/__init__.py."""

    @abstractmethod
    def send(self, notification: Notification) -> None:
        """Tell the recipient. Raise NotifierError if that did not work."""


def link_to(notification: Notification) -> str:
    """Where people find the order."""
    path = reverse("admin:maintenance_workorder_change", args=[notification.work_order_id])
    return f"{settings.PUBLIC_URL}{path}"
