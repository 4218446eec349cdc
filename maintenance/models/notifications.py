from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from maintenance.events import Event
from maintenance.models.anomalies import Anomaly
from maintenance.models.audiences import SEVERITIES
from maintenance.models.channels import Channel
from maintenance.models.escalations import Escalation
from maintenance.models.notification_rules import NotificationGroup
from maintenance.models.work_orders import WorkOrder
from maintenance.policy import Severity
from sensors.access import Principal, Right
from sensors.models import Asset, Site

# What is told besides events: rules cannot ask for these.
ESCALATED, TEST = "escalated", "test"
TOLD = [*Event.choices, (ESCALATED, "Nobody has acknowledged it"), (TEST, "A test")]


class NotificationQuerySet(models.QuerySet["Notification"]):
    def waiting(self) -> Self:
        return self.filter(status=self.model.Status.WAITING)

    def due(self, now: datetime) -> Self:
        """Those that may be sent by now, the longest waiting first."""
        return self.waiting().filter(next_attempt_at__lte=now).order_by("next_attempt_at", "pk")

    def messages(self) -> Self:
        """Without those that were told as part of another."""
        return self.filter(told_with=None)

    def like(self, other: Notification) -> Self:
        """Those that go the same way to the same recipient."""
        return self.filter(
            channel=other.channel, recipient=other.recipient, target=other.target_id
        )

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(site__in=sites)

    def begin_sending(self, now: datetime) -> int:
        return self.waiting().update(
            status=self.model.Status.SENDING, claimed_at=now, attempts=F("attempts") + 1
        )

    def mute(self, why: str) -> int:
        """Do not send those that wait; the rows stay and say why.

        What was to be told with them is told by itself.
        """
        muted = list(self.waiting().order_by("pk").select_for_update(no_key=True))
        rows = self.model.objects.filter(pk__in=[row.pk for row in muted])
        self.model.objects.filter(told_with__in=muted).waiting().update(told_with=None)
        return rows.update(status=self.model.Status.MUTED, error=why)

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
        chosen = list(self.filter(status=self.model.Status.FAILED).values_list("pk", flat=True))
        failed = self.model.objects.filter(status=self.model.Status.FAILED)
        # With all that was told in the same message.
        return failed.filter(Q(pk__in=chosen) | Q(told_with__in=chosen)).update(
            status=self.model.Status.WAITING,
            error="",
            attempts=0,
            told_with=None,
            next_attempt_at=timezone.now(),
        )


class Notification(models.Model):
    """That one recipient is to be told of one event. The row is written before it is sent.

    Several may be told in one message: all but the first name the one they were `told_with`.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        MUTED = "muted"

    site = models.ForeignKey(
        Site, models.CASCADE, null=True, blank=True, related_name="notifications"
    )
    asset = models.ForeignKey(Asset, models.CASCADE, null=True, blank=True, related_name="+")
    anomaly = models.ForeignKey(
        Anomaly, models.CASCADE, null=True, blank=True, related_name="notifications"
    )
    work_order = models.ForeignKey(
        WorkOrder, models.CASCADE, null=True, blank=True, related_name="notifications"
    )
    event = models.CharField(max_length=16, choices=TOLD)
    about = models.CharField(max_length=60, help_text="What it happened to, as one text")
    event_key = models.CharField(max_length=60, blank=True, help_text="Tells repeats apart")
    repeat = models.PositiveIntegerField(default=0, help_text="How often it was told before")
    severity = models.PositiveSmallIntegerField(choices=SEVERITIES, default=Severity.MEDIUM)
    detail = models.CharField(max_length=500, blank=True)

    channel = models.CharField(max_length=20, choices=Channel.Kind)
    recipient = models.CharField(max_length=300)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    target = models.ForeignKey(
        Channel, models.SET_NULL, null=True, blank=True, related_name="notifications"
    )
    group = models.ForeignKey(
        NotificationGroup, models.SET_NULL, null=True, blank=True, related_name="notifications"
    )
    escalation = models.ForeignKey(
        Escalation, models.SET_NULL, null=True, blank=True, related_name="notifications"
    )
    is_gathered = models.BooleanField(
        default=False, help_text="Told in one message with all that waits for the recipient"
    )
    told_with = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="told_along"
    )

    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    error = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    correlation_ids = ArrayField(models.CharField(max_length=64), default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)

    # What a reminder takes over from what was told before.
    SAME_AGAIN = (
        *("site_id", "asset_id", "anomaly_id", "work_order_id", "event", "about", "event_key"),
        *("severity", "detail", "channel", "recipient", "user_id", "target_id", "group_id"),
        "correlation_ids",
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["about", "event", "event_key", "repeat", "channel", "recipient"],
                name="tell_each_recipient_once_per_event",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="notifications_to_send",
                condition=Q(status="waiting"),
            ),
            models.Index(
                fields=["claimed_at"],
                name="notifications_being_sent",
                condition=Q(status="sending"),
            ),
            models.Index(
                fields=["channel", "recipient", "sent_at"],
                name="messages_by_recipient",
                condition=Q(status="sent", told_with=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.recipient}"

    def messages_since(self, moment: datetime) -> list[datetime]:
        """When its recipient was sent messages after a moment, the oldest first."""
        alike = Notification.objects.like(self).messages()
        sent = alike.filter(status=self.Status.SENT, sent_at__gt=moment)
        moments = sent.order_by("sent_at").values_list("sent_at", flat=True)
        return [at for at in moments if at]

    def again(self, now: datetime) -> Notification:
        """The same once more, not yet stored."""
        same = {name: getattr(self, name) for name in self.SAME_AGAIN}
        return Notification(**same, repeat=self.repeat + 1, next_attempt_at=now)


class DeliveryAttempt(models.Model):
    """One try to send a message: when, how long it took, and what came of it."""

    class Outcome(models.TextChoices):
        SENT = "sent"
        PASSING = "passing", "Passing failure"
        PERMANENT = "permanent", "Permanent failure"

    notification = models.ForeignKey(
        Notification, models.CASCADE, related_name="delivery_attempts"
    )
    at = models.DateTimeField()
    took = models.DurationField(default=timedelta)
    outcome = models.CharField(max_length=9, choices=Outcome)
    status_code = models.PositiveIntegerField(null=True, help_text="Of HTTP or of SMTP")
    answer = models.CharField(max_length=500, blank=True, help_text="How the answer began")
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} at {self.at:%Y-%m-%d %H:%M:%S}"
