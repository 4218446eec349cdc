"""Rows of figures, as short as tables need them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from maintenance.figures.facts import Alarm, Failure, Standstill
from maintenance.figures.tree import Place, Tree
from tests.factories import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(hours: float) -> datetime:
    """So many hours after noon."""
    return NOON + hours * HOUR


def tree(**parents: str | None) -> Tree:
    """Assets a, b, … with the ids 1, 2, …, each with a sensor and, if named, a parent."""
    ids = {name: number for number, name in enumerate(parents, start=1)}
    return Tree(
        Place(ids[name], 1, name, None, ids[parent] if parent else None, True)
        for name, parent in parents.items()
    )


def stop(since: float, until: float | None, reason: str = "failure", **fields: Any) -> Standstill:
    end = None if until is None else at(until)
    defaults = {"pk": 1, "asset": 1, "planned": False}
    return Standstill(since=at(since), until=end, reason=reason, **defaults | fields)


def failure(hours: float, **fields: Any) -> Failure:
    return Failure(**{"kind": "life", "pk": 1, "asset": 1} | fields, at=at(hours))


def alarm(hours: float = 0, **fields: Any) -> Alarm:
    """Noticed so many hours after noon; other moments are given in hours as well."""
    moments = {
        name: at(value)
        for name, value in fields.items()
        if isinstance(value, int | float) and name.endswith("_at")
    }
    defaults: dict[str, Any] = {"pk": 1, "asset": 1, "site": 1, "sensor": "T", "kind": "high"}
    defaults |= {"detector": "limits#1", "started_at": at(hours), "detected_at": at(hours)}
    return Alarm(**defaults | fields | moments)
