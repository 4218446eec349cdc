from __future__ import annotations

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from maintenance.models.work_orders import WorkOrder


class NotificationQuerySet(models.QuerySet["Notification"]):
    def waiting(self) -> Self:
        return self.filter(status=self.model.Status.WAITING)

    def claim(self, pk: int) -> bool:
        """Take a notification to send. False if another worker already has."""
        claimed = self.waiting().filter(pk=pk)
        return claimed.update(status=self.model.Status.SENDING, claimed_at=timezone.now()) == 1

    def give_up(self, *, claimed_before: datetime) -> int:
        """Close what a worker began to send and never finished.

        Whether it arrived is unknown, so it is not sent again by itself.
        """
        lost = self.filter(status=self.model.Status.SENDING, claimed_at__lt=claimed_before)
        return lost.update(
            status=self.model.Status.FAILED,
            error="The worker was lost while sending; it may or may not have arrived.",
        )

    def send_again(self) -> int:
        """Put failed notifications back in line, because a person said so."""
        failed = self.filter(status=self.model.Status.FAILED)
        return failed.update(status=self.model.Status.WAITING, error="")


class Notification(models.Model):
    """One message to one recipient about one event. The row is written before it is sent."""

    class Event(models.TextChoices):
        PROPOSED = "proposed"
        EXTENDED = "extended"

    class Status(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"

    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="notifications")
    event = models.CharField(max_length=10, choices=Event)
    event_key = models.CharField(max_length=40, help_text="Tells repeated events apart")
    channel = models.CharField(max_length=20)
    recipient = models.CharField(max_length=300)
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    error = models.CharField(max_length=300, blank=True)
    correlation_ids = ArrayField(models.CharField(max_length=64), default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["work_order", "event", "event_key", "channel", "recipient"],
                name="tell_each_recipient_once_per_event",
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="unsent_notifications",
                condition=models.Q(status__in=["waiting", "sending"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.recipient}"

    def mark_sent(self) -> None:
        self.status, self.sent_at = self.Status.SENT, timezone.now()
        self.save(update_fields=["status", "sent_at"])

    def mark_failed(self, error: str) -> None:
        self.status, self.error = self.Status.FAILED, error[:300]
        self.save(update_fields=["status", "error"])
