"""Is the software able to work? Open to all, so it says no more than that."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from sensors.models import Bridge


def database_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def cache_answers() -> None:
    cache.get("health")


CHECKS: dict[str, Callable[[], None]] = {"database": database_answers, "cache": cache_answers}


def health(request: HttpRequest) -> JsonResponse:
    """200 when readings can be taken in, 503 when they cannot.

    Without the cache readings are still kept, only later worked off: that is 200 too.
    So it is without a bridge, for readings can be sent by HTTP.
    """
    answers = {name: _answers(check) for name, check in CHECKS.items()}
    status = HTTPStatus.OK if answers["database"] else HTTPStatus.SERVICE_UNAVAILABLE
    words = {name: "ok" if answers[name] else "unreachable" for name in answers}
    bridges = _bridges() if answers["database"] else {}
    well = all(answers.values()) and bridges.get("mqtt_bridge", "ok") == "ok"
    overall = "ok" if well else "degraded"
    return JsonResponse({"status": overall, **words, **bridges}, status=status)


def _bridges() -> dict[str, str | int]:
    """How the worst of the bridges is, and since when the most silent one is; if there is any."""
    try:
        bridges = list(Bridge.objects.only("state", "seen_at"))
    except DatabaseError:
        return {}
    if not bridges:
        return {}
    conditions = {bridge.condition for bridge in bridges}
    worst = next(c for c in ("stale", "disconnected", "ok") if c in conditions)
    silence = max(bridge.silence for bridge in bridges)
    return {"mqtt_bridge": worst, "mqtt_bridge_seconds": max(0, int(silence.total_seconds()))}


def _answers(check: Callable[[], None]) -> bool:
    try:
        check()
    except (DatabaseError, RedisError):
        return False
    return True
