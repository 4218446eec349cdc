"""Reduce a request to a principal. What a principal may do is decided elsewhere."""

from __future__ import annotations

import time
from base64 import b64decode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from sensors.access import Principal
from sensors.models import ApiKey
from sensors.models.access import hashed, principal_of

HEADER = "X-API-Key"
# Known to everybody who has read the README, so only the demo lets it in.
DEMO_KEY = "dev_api_key_123"


class KeyRefused(exceptions.AuthenticationFailed):
    default_code = "api_key_refused"
    default_detail = "This API key is unknown, revoked or expired."


class KeyRing:
    """The keys that were let in lately, so that not every post asks the database.

    A key that is revoked or changed goes on as it was for KEYS_KNOWN_FOR at most.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[ApiKey, float]] = {}

    def find(self, secret: str) -> ApiKey | None:
        digest, now = hashed(secret), time.time()
        key, until = self._known.get(digest, (None, 0.0))
        if now < until:
            return key
        self._known.pop(digest, None)
        usable = ApiKey.objects.usable().select_related("site")
        key = usable.filter(digest=digest).first()
        if key is not None:
            until = now + settings.KEYS_KNOWN_FOR
            if key.expires_at:
                until = min(until, key.expires_at.timestamp())
            self._known[digest] = (key, until)
        return key


_ring = KeyRing()


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """A key in the X-API-Key header. The key itself is left on the request."""

    def secret(self, request: Request) -> str | None:
        return request.headers.get(HEADER)

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Principal] | None:
        secret = self.secret(request)
        if secret is None:
            return None
        if secret == DEMO_KEY and not settings.DEMO:
            raise KeyRefused
        key = _ring.find(secret)
        if key is None:
            raise KeyRefused
        request._request.api_key = key  # type: ignore[attr-defined]
        return AnonymousUser(), key.principal()

    def authenticate_header(self, request: Request) -> str:
        return HEADER


class InfluxAuthentication(ApiKeyAuthentication):
    """The same key in the places where clients of InfluxDB put a password or a token.

    Only routes for such clients ask it: they may carry the key in the query, which no
    other route should learn to take.
    """

    def secret(self, request: Request) -> str | None:
        if secret := super().secret(request):
            return secret
        scheme, _, given = request.headers.get("Authorization", "").strip().partition(" ")
        match scheme.lower():
            case "token" | "bearer":
                # Clients of InfluxDB 2 that speak to version 1 send name:password.
                return given.strip().rpartition(":")[2]
            case "basic":
                return _password(given)
            case "":
                return request.query_params.get("p")
        return None

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="InfluxDB"'


def _password(given: str) -> str:
    """The password of HTTP Basic; empty, and so refused, if there is none to read."""
    try:
        return b64decode(given).decode().partition(":")[2]
    except ValueError:
        return ""


class MemberAuthentication(authentication.SessionAuthentication):
    """A person who is logged in, with the rights that the memberships give."""

    def authenticate(self, request: Request) -> tuple[object, Principal] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        user = found[0]
        return user, principal_of(user)


def principal(request: Request) -> Principal:
    """Who asks. Only for views behind a permission: others may have nobody."""
    assert isinstance(request.auth, Principal)
    return request.auth
