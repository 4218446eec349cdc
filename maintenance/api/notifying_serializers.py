"""Channels, rules and preferences as clients see them and may say them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from rest_framework import serializers

from maintenance.api.anomaly_serializers import SeverityField
from maintenance.events import Event
from maintenance.models import Channel, NotificationRule, Preference, Severity
from maintenance.models.notification_rules import LONGEST
from sensors.access import Principal, Right, Role
from sensors.api.aside_serializers import LARGEST_ID, Strict
from sensors.models import Asset, Site

MOST_NAMED = 100
Slug = serializers.SlugRelatedField[Any]


class ChannelSerializer(serializers.ModelSerializer[Channel]):
    """Only planners see channels, so the address is not kept from them."""

    site: Slug = serializers.SlugRelatedField(slug_field="code", read_only=True)

    class Meta:
        model = Channel
        fields = ["id", "site", "name", "kind", "address", "secret_name", "is_active"]


class OfSite(Strict):
    """What is of a site, or of all of them where the site is null."""

    site = serializers.CharField(max_length=40, allow_null=True)
    name = serializers.CharField(max_length=100)
    is_active = serializers.BooleanField(required=False)

    @property
    def asker(self) -> Principal:
        asker: Principal = self.context["asker"]
        return asker

    def validate_site(self, code: str | None) -> Site | None:
        if code is None:
            return None
        sites = self.asker.sites(Right.READ)
        rows = Site.objects.filter(code=code)
        found = (rows if sites is None else rows.filter(pk__in=sites)).first()
        if found is None:
            raise serializers.ValidationError("There is no such site.", code="unknown_site")
        return found


class ChannelInSerializer(OfSite):
    kind = serializers.ChoiceField(Channel.Kind.choices)
    address = serializers.CharField(max_length=300, required=False, allow_blank=True)
    secret_name = serializers.CharField(max_length=60, required=False, allow_blank=True)


class RuleSerializer(serializers.ModelSerializer[NotificationRule]):
    site: Slug = serializers.SlugRelatedField(slug_field="code", read_only=True)
    asset: Slug = serializers.SlugRelatedField(slug_field="tag", read_only=True)
    least_severity = SeverityField()
    to_users: Slug = serializers.SlugRelatedField(slug_field="username", read_only=True, many=True)
    to_channels: Any = serializers.PrimaryKeyRelatedField(read_only=True, many=True)

    class Meta:
        model = NotificationRule
        fields = [
            "id",
            "site",
            "name",
            "asset",
            "least_severity",
            "events",
            "to_users",
            "to_roles",
            "to_assignee",
            "to_channels",
            "group_wait",
            "group_interval",
            "repeat_interval",
            "is_active",
        ]


def _seconds() -> serializers.IntegerField:
    longest = int(LONGEST.total_seconds())
    return serializers.IntegerField(
        min_value=0, max_value=longest, required=False, allow_null=True
    )


class RuleInSerializer(OfSite):
    asset = serializers.CharField(max_length=60, required=False, allow_null=True)
    least_severity = serializers.ChoiceField([s.name.lower() for s in Severity], required=False)
    events = serializers.ListField(
        child=serializers.ChoiceField(Event.choices), allow_empty=False, max_length=len(Event)
    )
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
    group_wait = _seconds()
    group_interval = _seconds()
    repeat_interval = _seconds()

    def validate_least_severity(self, word: str) -> Severity:
        return Severity[word.upper()]

    def validate_events(self, events: list[str]) -> list[str]:
        return list(dict.fromkeys(events))

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

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An asset is named within its site."""
        if attrs.get("asset") is not None:
            rule: NotificationRule | None = self.context.get("rule")
            site = attrs.get("site", rule.site if rule else None)
            asset = Asset.objects.filter(site=site, tag=attrs["asset"]).first()
            if asset is None:
                words = {"asset": "The site has no such asset."}
                raise serializers.ValidationError(words, code="unknown_asset")
            attrs["asset"] = asset
        return attrs


def _check_all_known(unknown: list[str], code: str) -> None:
    if unknown:
        raise serializers.ValidationError(f"Not known here: {', '.join(unknown)[:200]}", code=code)


class PreferenceSerializer(serializers.ModelSerializer[Preference]):
    class Meta:
        model = Preference
        fields = [
            "low",
            "medium",
            "high",
            "critical",
            "phone",
            "quiet_from",
            "quiet_until",
            "time_zone",
        ]


def _kinds() -> serializers.ListField:
    kinds = [Channel.Kind.EMAIL.value, Channel.Kind.SMS.value]
    return serializers.ListField(
        child=serializers.ChoiceField(kinds), required=False, max_length=len(kinds)
    )


class PreferenceInSerializer(Strict):
    """All of it: what is left out goes back to how it is for everybody."""

    low = _kinds()
    medium = _kinds()
    high = _kinds()
    critical = _kinds()
    phone = serializers.CharField(max_length=16, required=False, allow_blank=True)
    quiet_from = serializers.TimeField(required=False, allow_null=True)
    quiet_until = serializers.TimeField(required=False, allow_null=True)
    time_zone = serializers.CharField(max_length=50, required=False)
