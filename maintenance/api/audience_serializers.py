"""What rules and escalation policies share: what they are about, and whom they tell."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from rest_framework import serializers

from maintenance.models import Channel, Severity
from maintenance.models.audiences import Reach
from sensors.access import Principal, Right, Role
from sensors.api.aside_serializers import LARGEST_ID, Strict
from sensors.models import Asset, Site

MOST_NAMED = 100
Slug = serializers.SlugRelatedField[Any]


class Asked(Strict):
    """Knows who asks: what he or she does not see cannot be named."""

    @property
    def asker(self) -> Principal:
        asker: Principal = self.context["asker"]
        return asker


class OfSite(Asked):
    """What is of a site, or of all of them where the site is null."""

    site = serializers.CharField(max_length=40, allow_null=True)
    name = serializers.CharField(max_length=100)
    is_active = serializers.BooleanField(required=False)

    def validate_site(self, code: str | None) -> Site | None:
        if code is None:
            return None
        sites = self.asker.sites(Right.READ)
        rows = Site.objects.filter(code=code)
        found = (rows if sites is None else rows.filter(pk__in=sites)).first()
        if found is None:
            raise serializers.ValidationError("There is no such site.", code="unknown_site")
        return found


class ReachInSerializer(OfSite):
    """Needs what is changed, or a new row, as `kept` in its context."""

    asset = serializers.CharField(max_length=60, required=False, allow_null=True)
    least_severity = serializers.ChoiceField([s.name.lower() for s in Severity], required=False)

    def validate_least_severity(self, word: str) -> Severity:
        return Severity[word.upper()]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An asset is named within its site."""
        if attrs.get("asset") is not None:
            kept: Reach = self.context["kept"]
            asset = Asset.objects.filter(
                site=attrs.get("site", kept.site), tag=attrs["asset"]
            ).first()
            if asset is None:
                words = {"asset": "The site has no such asset."}
                raise serializers.ValidationError(words, code="unknown_asset")
            attrs["asset"] = asset
        return attrs


class AudienceInSerializer(Asked):
    to_users = serializers.ListField(
        child=serializers.CharField(max_length=150), required=False, max_length=MOST_NAMED
    )
    to_roles = serializers.ListField(
        child=serializers.ChoiceField([role.value for role in Role]),
        required=False,
        max_length=len(Role),
    )
    to_assignee = serializers.BooleanField(required=False)
    to_channels = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID),
        required=False,
        max_length=MOST_NAMED,
    )

    def validate_to_roles(self, roles: list[str]) -> list[str]:
        return list(dict.fromkeys(roles))

    def validate_to_users(self, names: list[str]) -> list[User]:
        """People of sites that the asker sees: no other name can be tried out here."""
        known = User.objects.filter(username__in=names, is_active=True)
        sites = self.asker.sites(Right.READ)
        if sites is not None:
            known = known.filter(Q(memberships__site__in=sites) | Q(pk=self.asker.user_id))
        found = {user.username: user for user in known}
        _check_all_known([name for name in names if name not in found], "unknown_person")
        return list(found.values())

    def validate_to_channels(self, ids: list[int]) -> list[Channel]:
        found = Channel.objects.planned_by(self.asker).in_bulk(ids)
        _check_all_known([str(pk) for pk in ids if pk not in found], "unknown_channel")
        return list(found.values())


def _check_all_known(unknown: list[str], code: str) -> None:
    if unknown:
        raise serializers.ValidationError(f"Not known here: {', '.join(unknown)[:200]}", code=code)
