from __future__ import annotations

import hashlib
import secrets
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from sensors.access import RIGHTS_OF_ROLE, Principal, Right, Role
from sensors.models.plant import Site


def hashed(secret: str) -> str:
    """What is stored of a key. Keys are long and random, so no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> Self:
        """Keys that are neither revoked nor past their day."""
        unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(unexpired, revoked_at=None)

    def issue(self, **fields: object) -> tuple[ApiKey, str]:
        """Make a key; its secret is returned here and can never be read again."""
        key = self.model(**fields)
        secret = key.take_secret()
        key.save(force_insert=True)
        return key, secret

    def revoke(self) -> int:
        """Close the keys for good. Says how many were still open."""
        return self.filter(revoked_at=None).update(revoked_at=timezone.now())


RATE = RegexValidator(r"^[1-9]\d{0,8}/([1-9]\d{0,4})?[smhd]\Z", "Such as 600/m or 100/10s")


class ApiKey(models.Model):
    """A gateway or program that sends or reads for one site."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8, editable=False, help_text="To tell keys apart")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    can_read = models.BooleanField(default=True)
    can_ingest = models.BooleanField(default=True)
    can_register = models.BooleanField(
        default=False, help_text="Readings of unknown sensors create them, unassigned"
    )
    can_curate = models.BooleanField(
        default=False, help_text="Replays and discards the quarantine, settles conflicts"
    )
    can_work = models.BooleanField(
        default=False, help_text="Handles anomalies, asks for work and carries out orders"
    )
    can_plan = models.BooleanField(
        default=False, help_text="Decides about work, plans and schedules it"
    )
    rate_limit = models.CharField(
        max_length=20,
        blank=True,
        validators=[RATE],
        help_text="Most requests in a time, such as 600/m or 100/10s; empty: as the settings say",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def take_secret(self) -> str:
        """Give the unsaved key a new secret. Only what is returned here can be used."""
        secret = f"sm_{secrets.token_urlsafe(32)}"
        self.prefix, self.digest = secret[:8], hashed(secret)
        return secret

    def principal(self) -> Principal:
        held = {
            Right.READ: self.can_read,
            Right.INGEST: self.can_ingest,
            Right.REGISTER: self.can_register,
            Right.CURATE: self.can_curate,
            Right.WORK: self.can_work,
            Right.PLAN: self.can_plan,
        }
        rights = frozenset(right for right, granted in held.items() if granted)
        return Principal(name=str(self), rights={self.site_id: rights})


class Membership(models.Model):
    """What a person is at a site."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    site = models.ForeignKey(Site, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(r.value, r.name.title()) for r in Role])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "site"], name="one_role_per_person_and_site")
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} at {self.site}"

    @property
    def rights(self) -> frozenset[Right]:
        return RIGHTS_OF_ROLE[Role(self.role)]


def principal_of(user: User) -> Principal:
    """A person with the rights that the memberships give."""
    memberships = Membership.objects.filter(user=user)
    rights = {member.site_id: member.rights for member in memberships}
    everywhere = frozenset(Right) if user.is_superuser else frozenset()
    return Principal(str(user), rights, everywhere, user.pk)
