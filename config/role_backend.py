"""People log in as usual; what they may do in the admin follows from their roles."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from config.admin_access import permissions_of
from sensors.models import Site
from sensors.models.access import principal_of

REMEMBERED = "_principal_of_roles"


class RoleBackend(ModelBackend):
    """Django's own permissions, and on top of them what memberships give.

    Asked with a site, it says what the person may do there. What was given by hand holds at
    all sites that the person sees. Memberships are read once for each `User` object, as
    Django does it with permissions.
    """

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous:
            return set()
        by_hand = super().get_all_permissions(user_obj)
        if obj is not None and not isinstance(obj, Site):
            return by_hand
        if not hasattr(user_obj, REMEMBERED):
            setattr(user_obj, REMEMBERED, principal_of(user_obj))
        principal = getattr(user_obj, REMEMBERED)
        return by_hand | permissions_of(principal, obj.pk if obj else None)
