from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config.access import RIGHT_FOR_ROUTE
from sensors.access import Principal

if TYPE_CHECKING:
    # DRF's views load this class from the settings while they are being imported.
    from rest_framework.views import APIView


class RoutePermission(BasePermission):
    """Let a principal through if it has, at some site, what the route asks for.

    Which sites those are is the querysets' business: see visible_to().
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        match = request.resolver_match
        rights = RIGHT_FOR_ROUTE.get(match.view_name, {}) if match else {}
        if request.method not in rights:
            # A method the view does not have is told so; a route without rights is shut.
            return bool(rights) and request.method not in view.allowed_methods
        return isinstance(request.auth, Principal) and request.auth.may(rights[request.method])
