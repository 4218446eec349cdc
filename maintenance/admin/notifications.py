"""What was said to whom, and what could not be."""

from __future__ import annotations

from django.contrib import admin, messages
from django.http import HttpRequest

from maintenance.models import Notification
from maintenance.models.notifications import NotificationQuerySet
from sensors.admin_parts.pages import Evidence, WithButtons, pill

DELIVERY_LEVELS = {
    Notification.Status.SENT: "good",
    Notification.Status.FAILED: "critical",
}


@admin.register(Notification)
class NotificationAdmin(Evidence, WithButtons):
    site_path = "site"
    list_display = [
        "work_order",
        "event",
        "channel",
        "recipient",
        "delivery",
        "created_at",
        "error",
    ]
    list_select_related = ["work_order"]
    list_filter = ["status", "event", "channel", "created_at"]
    search_fields = ["recipient", "work_order__title"]
    fields = [
        "work_order",
        "event",
        "channel",
        "recipient",
        "delivery",
        "error",
        "created_at",
        "claimed_at",
        "sent_at",
        "correlation_ids",
    ]
    actions = ["send_again"]

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("maintenance.change_notification")

    @admin.action(description="Send the failed ones again", permissions=["send_again"])
    def send_again(self, request: HttpRequest, notifications: NotificationQuerySet) -> None:
        failed = notifications.filter(status=Notification.Status.FAILED)
        self.note(request, failed, "Sent again.")
        messages.success(request, f"{notifications.send_again()} will be sent within minutes.")

    def buttons(self, notification: Notification) -> dict[str, str]:
        failed = notification.status == Notification.Status.FAILED
        return {"send_again": "Send again"} if failed else {}

    @admin.display(description="status", ordering="status")
    def delivery(self, notification: Notification) -> str:
        status = Notification.Status(notification.status)
        return pill(DELIVERY_LEVELS.get(status, "medium"), status.label)
