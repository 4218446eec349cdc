"""Where people and programs are told: shared channels, and what each person wants."""

from __future__ import annotations

import re
import zoneinfo
from datetime import time
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email
from django.db import models
from django.db.models import Q

from maintenance.policy import Severity
from sensors.access import Principal, Right
from sensors.models import Site
from sensors.models.plant import check_time_zone

PHONE = RegexValidator(r"^\+[1-9]\d{6,14}\Z", "An international number, such as +4915112345678")
SECRET_NAME = RegexValidator(r"^[A-Z][A-Z0-9_]{0,59}\Z", "Capitals, digits and underscores")


class ChannelQuerySet(models.QuerySet["Channel"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def planned_by(self, principal: Principal) -> Self:
        """Those of the sites that the principal plans for, and those of all sites."""
        sites = principal.sites(Right.PLAN)
        return self.all() if sites is None else self.filter(Q(site=None) | Q(site__in=sites))


class Channel(models.Model):
    """A place that several people read, or a program that is told.

    What must stay secret is not in the database: a channel names a secret of the environment.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        SLACK = "slack", "Slack"
        SMS = "sms", "SMS"
        WEBHOOK = "webhook", "Webhook"

    # Software posts to these of its own accord, so only administrators say where to.
    POSTED_TO = (Kind.SLACK, Kind.WEBHOOK)

    site = models.ForeignKey(
        Site,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="channels",
        help_text="Empty: of all sites; for administrators",
    )
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=7, choices=Kind)
    address = models.CharField(
        max_length=300,
        blank=True,
        help_text="An e-mail address, a number such as +4915112345678, or the URL of a webhook",
    )
    secret_name = models.CharField(
        max_length=60,
        blank=True,
        validators=[SECRET_NAME],
        help_text="OPS stands for NOTIFY_SECRET_OPS in the environment: the URL of Slack's "
        "webhook, or what a webhook is signed with (whsec_…)",
    )
    is_active = models.BooleanField(default=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="one_channel_per_name_and_site"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(site=None), name="one_channel_per_name_of_all_sites"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Check that the address is one of the kind. Raises ValidationError."""
        if self.kind == self.Kind.EMAIL:
            _check("address", self.address, validate_email)
        elif self.kind == self.Kind.SMS:
            _check("address", self.address, PHONE)
        elif self.kind == self.Kind.WEBHOOK:
            _check("address", self.address, check_url)
        elif self.address:
            raise _refused("address", "Slack's URL is a secret: name it in `secret_name`.")
        if self.kind == self.Kind.SLACK and not self.secret_name:
            raise _refused("secret_name", "Name the secret that holds the URL.")
        if self.kind not in self.POSTED_TO and self.secret_name:
            raise _refused("secret_name", "This kind of channel has no secret.")

    @property
    def secret(self) -> str:
        """What the environment holds under the name; empty if there is nothing."""
        held: str = settings.NOTIFY_SECRETS.get(self.secret_name, "")
        return held

    @property
    def recipient(self) -> str:
        """How rows and lists name it; two channels are never named alike."""
        return self.address or f"{self.name} #{self.pk}"


def _check(field: str, value: str, validator: object) -> None:
    try:
        validator(value)  # type: ignore[operator]
    except ValidationError as exc:
        raise _refused(field, exc.messages[0]) from exc


def _refused(field: str, words: str) -> ValidationError:
    return ValidationError({field: ValidationError(words, code="not_of_the_kind")})


def check_url(url: str) -> None:
    """Raise ValidationError unless it is an http or https address of a host, without
    a password in it."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine or "@" in parts.netloc or re.search(r"[\s\x00-\x1f]", url):
        raise ValidationError("An address such as https://example.org/hook")


def _by_mail() -> list[str]:
    return [Channel.Kind.EMAIL]


def _kinds(words: str) -> ArrayField:
    personal = [(k.value, k.label) for k in (Channel.Kind.EMAIL, Channel.Kind.SMS)]
    one = models.CharField(max_length=7, choices=personal)
    return ArrayField(one, default=_by_mail, blank=True, size=2, help_text=words)


class Preference(models.Model):
    """How one person wants to be told. Who has none is told by mail, at any time."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_preference"
    )
    low = _kinds("How to be told of what is of low severity; empty: not at all")
    medium = _kinds("Of medium severity")
    high = _kinds("Of high severity")
    critical = _kinds("Of critical severity; quiet hours do not hold these back")
    phone = models.CharField(max_length=16, blank=True, validators=[PHONE])
    quiet_from = models.TimeField(
        null=True, blank=True, help_text="What comes from then on waits until quiet hours end"
    )
    quiet_until = models.TimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=50, default="UTC", validators=[check_time_zone])

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_begin_and_end",
            )
        ]

    def __str__(self) -> str:
        return f"how {self.user} is told"

    def clean(self) -> None:
        if (self.quiet_from is None) != (self.quiet_until is None):
            words = "Quiet hours have a beginning and an end."
            raise ValidationError({"quiet_until": ValidationError(words, code="half_a_span")})
        if not self.phone and any("sms" in kinds for kinds in self.by_severity.values()):
            words = "Give the number that messages go to."
            raise ValidationError({"phone": ValidationError(words, code="required")})

    @property
    def by_severity(self) -> dict[Severity, list[str]]:
        kinds = (self.low, self.medium, self.high, self.critical)
        return {severity: list(k) for severity, k in zip(sorted(Severity), kinds, strict=True)}

    @property
    def quiet_hours(self) -> tuple[time, time, zoneinfo.ZoneInfo] | None:
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return self.quiet_from, self.quiet_until, zoneinfo.ZoneInfo(self.time_zone)
