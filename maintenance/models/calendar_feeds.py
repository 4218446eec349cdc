from __future__ import annotations

import secrets
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from maintenance.models.people import Technician
from sensors.access import Principal, Right
from sensors.models import Site
from sensors.models.access import hashed


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def usable(self) -> Self:
        """Neither revoked nor of a technician who is not there any more."""
        return self.filter(Q(technician=None) | Q(technician__is_active=True), revoked_at=None)

    def with_token(self, token: str) -> CalendarFeed | None:
        """The usable feed of a token, if there is one."""
        found = self.usable().select_related("site", "technician")
        return found.filter(digest=hashed(token)).first()

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(site__in=sites)

    def issue(self, **fields: object) -> tuple[CalendarFeed, str]:
        """Make a feed; its token is returned here and can never be read again."""
        feed = self.model(**fields)
        token = feed.take_token()
        feed.save(force_insert=True)
        return feed, token

    def revoke(self) -> int:
        """Close the feeds for good. Says how many were still open."""
        return self.filter(revoked_at=None).update(revoked_at=timezone.now())


class CalendarFeed(models.Model):
    """An address from which a calendar program fetches bookings: of one technician, or of
    all of a site. Calendar programs send no headers, so the token in the address is all."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="calendar_feeds")
    technician = models.ForeignKey(
        Technician,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="calendar_feeds",
        help_text="Empty: all technicians of the site",
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.CharField(max_length=150, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"calendar of {self.technician or self.site}"

    def take_token(self) -> str:
        """Give the unsaved feed a new token. Only what is returned here can be used."""
        token = secrets.token_urlsafe(32)
        self.digest = hashed(token)
        return token
