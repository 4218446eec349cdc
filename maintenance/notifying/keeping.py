"""Set up who is told, how and where: the acts of planners and administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from maintenance.models import Channel, EscalationPolicy, NotificationRule, Preference
from maintenance.refusals import NotAllowedError, RefusedError, require
from sensors.access import Principal, Right
from sensors.models import Membership


def check_may_keep(by: Principal, site_id: int | None, kind: str = "") -> None:
    """Raise NotAllowedError unless the principal may set up what is of the site.

    What is of all sites is for administrators, and so is where this server posts to.
    """
    if site_id is not None and kind not in Channel.POSTED_TO:
        require(by, Right.PLAN, site_id)
    elif Right.PLAN not in by.everywhere:
        words = "Only administrators set up webhooks, and what is of all sites."
        raise NotAllowedError("administrators_only", words)


@transaction.atomic
def keep_channel(channel: Channel, *, by: Principal) -> Channel:
    """Store a new or changed channel. Raises RefusedError, or ValidationError."""
    if channel.pk:
        before = Channel.objects.select_for_update().get(pk=channel.pk)
        check_may_keep(by, before.site_id, before.kind)
    check_may_keep(by, channel.site_id, channel.kind)
    _save(channel)
    return channel


@transaction.atomic
def keep_rule(
    rule: NotificationRule,
    *,
    by: Principal,
    to_users: Sequence[User] | None = None,
    to_channels: Sequence[Channel] | None = None,
) -> NotificationRule:
    """Store a new or changed rule with whom it tells; None leaves those as they are.

    Raises RefusedError, or ValidationError for people and channels of other sites.
    """
    if rule.pk:
        before = NotificationRule.objects.select_for_update().get(pk=rule.pk)
        check_may_keep(by, before.site_id)
    check_may_keep(by, rule.site_id)
    _save(rule)
    if to_users is not None:
        rule.to_users.set(to_users)
    if to_channels is not None:
        rule.to_channels.set(to_channels)
    check_audience(rule.site_id, rule.to_users.all(), rule.to_channels.all())
    return rule


@transaction.atomic
def keep_policy(
    policy: EscalationPolicy,
    *,
    by: Principal,
    steps: Sequence[Mapping[str, Any]] | None = None,
) -> EscalationPolicy:
    """Store a new or changed escalation policy; None leaves the steps as they are.

    What runs goes on with those of the new steps that come after the last one it took.
    Raises RefusedError, or ValidationError for people and channels of other sites.
    """
    if policy.pk:
        before = EscalationPolicy.objects.select_for_update().get(pk=policy.pk)
        check_may_keep(by, before.site_id)
    check_may_keep(by, policy.site_id)
    _save(policy)
    if steps is not None:
        policy.steps.all().delete()
        for said in steps:
            _take(policy, **said)
    for step in policy.steps.all():
        try:
            check_audience(policy.site_id, step.to_users.all(), step.to_channels.all())
        except ValidationError as exc:
            faults = [fault for faults in exc.error_dict.values() for fault in faults]
            raise ValidationError({"steps": faults}) from exc
    return policy


def _take(
    policy: EscalationPolicy,
    *,
    to_users: Sequence[User] = (),
    to_channels: Sequence[Channel] = (),
    **fields: Any,
) -> None:
    step = policy.steps.create(**fields)
    step.to_users.set(to_users)
    step.to_channels.set(to_channels)


def keep_preference(wanted: Preference) -> Preference:
    """Store how a person wants to be told. Raises ValidationError."""
    wanted.full_clean(validate_unique=False)
    fields = [field.name for field in Preference._meta.concrete_fields]
    values = {name: getattr(wanted, name) for name in fields if name not in ("id", "user")}
    # Two at once come from the same person: the last one counts.
    kept, _ = Preference.objects.update_or_create(user_id=wanted.user_id, defaults=values)
    return kept


def check_audience(
    site_id: int | None, users: models.QuerySet[User], channels: models.QuerySet[Channel]
) -> None:
    """Raise ValidationError if people are named who may not see the site, or other channels.

    What reaches all sites may name anybody: each is told only of sites that he or she sees.
    """
    if site_id is None:
        return
    members = Membership.objects.filter(site=site_id).values("user")
    if odd := users.exclude(pk__in=members).exclude(is_superuser=True).first():
        words = f"{odd} is not a member of this site."
        raise ValidationError({"to_users": ValidationError(words, code="not_a_member")})
    own = models.Q(site=None) | models.Q(site=site_id)
    if foreign := channels.exclude(own).first():
        words = f"{foreign} is a channel of another site."
        raise ValidationError({"to_channels": ValidationError(words, code="another_site")})


def _save(row: models.Model) -> None:
    row.full_clean()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as exc:
        words = "Another one of this name was just set up."
        raise RefusedError("name_taken", words) from exc
