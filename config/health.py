"""Is the software able to work? Open to all, so it says no more than that."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError


def database_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def cache_answers() -> None:
    cache.get("health")


CHECKS: dict[str, Callable[[], None]] = {"database": database_answers, "cache": cache_answers}


def health(request: HttpRequest) -> JsonResponse:
    """200 when readings can be taken in, 503 when they cannot.

    Without the cache readings are still kept, only later worked off: that is 200 too.
    """
    answers = {name: _answers(check) for name, check in CHECKS.items()}
    status = HTTPStatus.OK if answers["database"] else HTTPStatus.SERVICE_UNAVAILABLE
    words = {name: "ok" if answers[name] else "unreachable" for name in answers}
    overall = "ok" if all(answers.values()) else "degraded"
    return JsonResponse({"status": overall, **words}, status=status)


def _answers(check: Callable[[], None]) -> bool:
    try:
        check()
    except (DatabaseError, RedisError):
        return False
    return True
