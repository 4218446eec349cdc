"""When a client is asked to come back later. What it sent was not kept."""

from __future__ import annotations

from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from sensors.intake.limits import Usage, backlog, usage_of


class BacklogFull(exceptions.APIException):
    """Readings come in faster than they are worked off."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "backlog_full"
    default_detail = "Too much waits to be stored. Nothing of this was kept; try again later."
    wait = 10  # Seconds; becomes Retry-After


class RateExceeded(exceptions.Throttled):
    default_code = "rate_exceeded"

    def __init__(self, usage: Usage) -> None:
        super().__init__(usage.wait, f"This key may make {usage.limit} requests in its period.")
        self.members = {"limit": usage.limit, "count": usage.count}


class KeyRate(BaseThrottle):
    """Counts a key's requests and refuses those beyond its limit."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = getattr(request._request, "api_key", None)
        usage = usage_of(key, increment=True) if key else None
        request._request.key_usage = usage  # type: ignore[attr-defined]
        if usage and usage.is_over:
            raise RateExceeded(usage)
        return True


def say_usage(request: Request, response: Response) -> None:
    """Tell a limited client how much it has left."""
    usage: Usage | None = getattr(request._request, "key_usage", None)
    if usage:
        response.headers["X-RateLimit-Limit"] = str(usage.limit)
        response.headers["X-RateLimit-Remaining"] = str(max(usage.limit - usage.count, 0))
        response.headers["X-RateLimit-Reset"] = str(usage.wait)


def refuse_if_full() -> None:
    """Raise BacklogFull if no more should be taken in."""
    if backlog.is_full():
        raise BacklogFull
