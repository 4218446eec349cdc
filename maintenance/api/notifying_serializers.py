"""Channels, rules and preferences as clients see them and may say them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from maintenance.api.anomaly_serializers import SeverityField
from maintenance.api.audience_serializers import (
    AudienceInSerializer,
    OfSite,
    ReachInSerializer,
    Slug,
)
from maintenance.events import Event
from maintenance.models import Channel, NotificationRule, Preference
from maintenance.models.notification_rules import LONGEST
from sensors.api.aside_serializers import Strict


class ChannelSerializer(serializers.ModelSerializer[Channel]):
    """Only planners see channels, so the address is not kept from them."""

    site: Slug = serializers.SlugRelatedField(slug_field="code", read_only=True)

    class Meta:
        model = Channel
        fields = ["id", "site", "name", "kind", "address", "secret_name", "is_active"]


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


class RuleInSerializer(ReachInSerializer, AudienceInSerializer):
    events = serializers.ListField(
        child=serializers.ChoiceField(Event.choices), allow_empty=False, max_length=len(Event)
    )
    group_wait = _seconds()
    group_interval = _seconds()
    repeat_interval = _seconds()

    def validate_events(self, events: list[str]) -> list[str]:
        return list(dict.fromkeys(events))


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
