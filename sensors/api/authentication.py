"""Reduce a request to a principal. What a principal may do is decided elsewhere."""

from __future__ import annotations

import time
from base64 import b64decode
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from sensors.access import Principal
from sensors.beside import side
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

    A key that is revoked or changed goes on as it was for KEYS_KNOWN_FOR at most. One that
    is in use is looked up again when half of that is over, so that nobody waits for it.
    """

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def find(self, secret: str) -> Known | None:
        digest, now = hashed(secret), time.time()
        known = self._known.get(digest)
        if known is None or now >= known.until:
            return self._look_up(digest)
        if now >= known.again_at:
            side.ahead(self._look_up, digest)
        return known

    def _look_up(self, digest: str) -> Known | None:
        now = time.time()
        usable = ApiKey.objects.usable().select_related("site")
        key = usable.filter(digest=digest).first()
        if key is None:
            self._known.pop(digest, None)
            return None
        until = now + settings.KEYS_KNOWN_FOR
        if key.expires_at:
            until = min(until, key.expires_at.timestamp())
        known = Known(key, key.principal(), until, again_at=(now + until) / 2)
        self._known[digest] = known
        return known


@dataclass(frozen=True, slots=True)
class Known:
    """A key as it was when it was looked up; the times are seconds since 1970."""

    key: ApiKey
    principal: Principal
    until: float
    again_at: float


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
        known = _ring.find(secret)
        if known is None:
            raise KeyRefused
        request._request.api_key = known.key  # type: ignore[attr-defined]
        return AnonymousUser(), known.principal

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
