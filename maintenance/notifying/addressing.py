"""Whom does a rule mean, and where does that person want to be told?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q

from maintenance.models import Channel, Preference
from maintenance.models.audiences import Audience
from maintenance.notifying.happenings import Happening
from maintenance.policy import Severity
from sensors.models import Membership

BY_MAIL = [Channel.Kind.EMAIL]


@dataclass(frozen=True, slots=True)
class Address:
    channel: str
    recipient: str
    user_id: int | None = None
    target_id: int | None = None

    @property
    def row(self) -> dict[str, object]:
        """As columns of a notification."""
        return {
            "channel": self.channel,
            "recipient": self.recipient,
            "user_id": self.user_id,
            "target_id": self.target_id,
        }


def by_settings() -> list[Address]:
    """The recipients of sites that have no rules."""
    mails = [Address("email", address) for address in settings.NOTIFY_EMAILS]
    hook = settings.NOTIFY_WEBHOOK_URL
    return [*mails, Address("webhook", hook)] if hook else mails


class AddressBook:
    """Addresses of audiences for many happenings, each looked up once."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], list[Address]] = {}

    def of(self, audience: Audience, what: Happening) -> list[Address]:
        if audience.to_assignee:
            return addresses_of(audience, what)
        key = (type(audience), audience.pk, what.site_id, what.severity)
        if key not in self._known:
            self._known[key] = addresses_of(audience, what)
        return self._known[key]


def addresses_of(audience: Audience, what: Happening) -> list[Address]:
    """Where the audience is told of what happened, each address once.

    People who may not see the site are passed over, and so are channels of other sites.
    """
    found = [
        Address(channel.kind, channel.recipient, target_id=channel.pk)
        for channel in audience.to_channels.all()
        if channel.is_active and channel.site_id in (None, what.site_id)
    ]
    found += _of_people(_people(audience, what), what.severity)
    if audience.to_assignee:
        found += _of_contractor(what)
    return list({(a.channel, a.recipient.lower()): a for a in reversed(found)}.values())[::-1]


def _people(audience: Audience, what: Happening) -> list[User]:
    members = Membership.objects.filter(site=what.site_id)
    chosen = Q(pk__in=audience.to_users.values("pk"))
    chosen |= Q(pk__in=members.filter(role__in=audience.to_roles).values("user"))
    if audience.to_assignee:
        chosen |= Q(pk__in=[pk for pk in _assigned(what) if pk])
    may_see = Q(pk__in=members.values("user")) | Q(is_superuser=True)
    return list(User.objects.filter(chosen, may_see, is_active=True).order_by("pk"))


def _assigned(what: Happening) -> Iterable[int | None]:
    if what.anomaly:
        yield what.anomaly.assigned_to_id
    if what.order and what.order.technician:
        yield what.order.technician.user_id


def _of_people(people: list[User], severity: int) -> list[Address]:
    wanted = {p.user_id: p for p in Preference.objects.filter(user__in=people)}
    found = []
    for person in people:
        own = wanted.get(person.pk)
        for kind in own.by_severity[Severity(severity)] if own else BY_MAIL:
            recipient = person.email if kind == Channel.Kind.EMAIL else own.phone if own else ""
            if recipient:
                found.append(Address(kind, recipient, user_id=person.pk))
    return found


def _of_contractor(what: Happening) -> list[Address]:
    """A technician who does not log in has only an address."""
    technician = what.order.technician if what.order else None
    if technician is None or technician.user_id or not technician.email:
        return []
    return [Address(Channel.Kind.EMAIL, technician.email)]
