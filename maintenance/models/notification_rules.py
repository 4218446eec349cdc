from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from maintenance.events import Event
from maintenance.models.audiences import Audience, Reach, ReachQuerySet

LONGEST = timedelta(days=7)


def _times(words: str) -> Any:
    longest = [MaxValueValidator(int(LONGEST.total_seconds()))]
    return models.PositiveIntegerField(
        null=True, blank=True, validators=longest, help_text=f"{words}; empty: as the settings say"
    )


class NotificationRule(Reach, Audience):
    """Who is told of which events. A site without any rule goes by the settings."""

    events = ArrayField(models.CharField(max_length=16, choices=Event))
    group_wait = _times("Seconds for which the first of a group waits for others")
    group_interval = _times("Seconds between messages about one group")
    repeat_interval = _times("Seconds after which what still goes on is told again; 0: never")

    objects = ReachQuerySet.as_manager()

    class Meta(Reach.Meta):
        pass

    @property
    def wait(self) -> timedelta:
        return _seconds(self.group_wait, settings.NOTIFY_GROUP_WAIT)

    @property
    def interval(self) -> timedelta:
        return _seconds(self.group_interval, settings.NOTIFY_GROUP_INTERVAL)

    @property
    def repeat(self) -> timedelta:
        return _seconds(self.repeat_interval, settings.NOTIFY_REPEAT_INTERVAL)


def _seconds(own: int | None, usual: timedelta) -> timedelta:
    return usual if own is None else timedelta(seconds=own)


class NotificationGroupQuerySet(models.QuerySet["NotificationGroup"]):
    def to_repeat(self, now: datetime) -> Self:
        return self.filter(repeat_at__lte=now).order_by("repeat_at")


class NotificationGroup(models.Model):
    """What one rule says about one asset, told together, and when."""

    rule = models.ForeignKey(NotificationRule, models.CASCADE, related_name="groups")
    about = models.CharField(max_length=40, help_text="The asset, or the site where there is none")
    flush_at = models.DateTimeField(null=True, help_text="When it is told next, or was told last")
    repeat_at = models.DateTimeField(null=True, help_text="When to look whether it still goes on")

    objects = NotificationGroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "about"], name="one_group_per_rule_and_asset")
        ]
        indexes = [
            models.Index(
                fields=["repeat_at"],
                name="groups_to_repeat",
                condition=Q(repeat_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.about}"
