"""What rules and escalation policies share: what they reach, and whom they tell."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from maintenance import policy
from maintenance.models.channels import Channel
from sensors.access import Principal, Right, Role
from sensors.models import Asset, Site

SEVERITIES = [(severity.value, severity.name.title()) for severity in policy.Severity]


class ReachQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def of_sites(self, sites: Collection[int]) -> Self:
        """Those of some sites, and those of all sites."""
        return self.filter(Q(site=None) | Q(site__in=sites))

    def planned_by(self, principal: Principal) -> Self:
        """Those of the sites that the principal plans for, and those of all sites."""
        sites = principal.sites(Right.PLAN)
        return self.all() if sites is None else self.filter(Q(site=None) | Q(site__in=sites))


class Reach(models.Model):
    """What a rule is about: a site or all of them, an asset with its parts, how severe."""

    name = models.CharField(max_length=100)
    site = models.ForeignKey(
        Site,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: all sites; for administrators",
    )
    asset = models.ForeignKey(
        Asset,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="This one and its parts; empty: all assets",
    )
    least_severity = models.PositiveSmallIntegerField(
        choices=SEVERITIES,
        default=policy.Severity.LOW,
        help_text="Of orders the priority counts: P1 as critical, P4 as low",
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.asset and self.site_id != self.asset.site_id:
            words = "The asset belongs to another site."
            raise ValidationError({"asset": ValidationError(words, code="another_site")})

    def reaches(self, lineage: Collection[int], severity: int) -> bool:
        """Whether it is about something of this severity on an asset with this lineage."""
        within = self.asset_id is None or self.asset_id in lineage
        return within and severity >= self.least_severity


class Audience(models.Model):
    """Who is told: people by name or by role at the site, whoever has the work, channels."""

    to_users = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name="people"
    )
    to_roles = ArrayField(
        models.CharField(max_length=10, choices=[(r.value, r.name.title()) for r in Role]),
        default=list,
        blank=True,
        verbose_name="roles",
        help_text="All who have one of these roles at the site",
    )
    to_assignee = models.BooleanField(
        default=False,
        verbose_name="whoever has the work",
        help_text="The technician of the order, or who was given the anomaly",
    )
    to_channels = models.ManyToManyField(
        Channel, blank=True, related_name="+", verbose_name="channels"
    )

    class Meta:
        abstract = True
