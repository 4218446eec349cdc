"""What is to say about one sensor's readings of an interval: figures, and when it was silent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.request import Request

from sensors.api.answers import json_answer, not_modified, tag_of, tagged
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.queries import IntervalForm, TooManyReadings, checked
from sensors.history.gaps import MOST_EXAMINED, TooManyToExamineError, regularity_of
from sensors.models import Sensor
from sensors.store.reading import Selection
from sensors.store.state import State, state_of
from sensors.store.summary import summary_of

USUAL_GAPS = timedelta(days=7)


def _sensor(request: Request, pk: int) -> Sensor:
    return get_object_or_404(Sensor.objects.visible_to(principal(request)), pk=pk)


class SensorStatsView(Endpoint):
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        sensor = _sensor(request, pk)
        asked = checked(IntervalForm, request)
        state = state_of(Selection.of([pk], asked["from"], asked["to"]))
        tag = tag_of(request, state.facts, sensor.code, sensor.unit)
        if answer := not_modified(request, tag):
            return answer
        start, end = state.bounds(asked["from"], asked["to"])
        figures = {"first_at": state.first, "last_at": state.last} | _figures(pk, start, end)
        return tagged(json_answer(_about(sensor, asked, start, end) | figures), tag)


def _about(
    sensor: Sensor, asked: dict[str, Any], start: datetime | None, end: datetime | None
) -> dict[str, Any]:
    return {
        "sensor_id": sensor.code,
        "unit": sensor.unit,
        "from": start,
        "to": end,
        "bounded": asked["from"] is None or asked["to"] is None,
    }


def _figures(pk: int, start: datetime | None, end: datetime | None) -> dict[str, Any]:
    # Without any reading an end may be open: then there is nothing to look at either.
    nothing = timezone.now()
    selection = Selection.of([pk], start or end or nothing, end or start or nothing)
    summary = summary_of(selection)
    seconds = (selection.end - selection.start).total_seconds()
    return {
        "count": summary.count,
        "bad": summary.bad,
        "bad_share": summary.bad / summary.count if summary.count else None,
        "min": summary.lowest,
        "max": summary.highest,
        "mean": summary.mean,
        "std": summary.deviation,
        "last_value": summary.last_value,
        "last_value_at": summary.last_value_at,
        "readings_per_second": summary.count / seconds if seconds > 0 else None,
    }


class SensorGapsView(Endpoint):
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        sensor = _sensor(request, pk)
        asked = checked(IntervalForm, request)
        # A silence begins and ends with readings that may lie outside of the interval.
        state = state_of(Selection.of([pk], None, None))
        start, end = _examined(asked, state)
        expected = sensor.expected_interval
        tag = tag_of(request, state.facts, sensor.code, sensor.unit, expected, start, end)
        if answer := not_modified(request, tag):
            return answer
        try:
            found = regularity_of(sensor, Selection.of([pk], start, end))
        except TooManyToExamineError as exc:
            raise TooManyReadings(exc.readings, MOST_EXAMINED) from exc
        body = _about(sensor, asked, start, end) | found.in_words()
        return tagged(json_answer(body), tag)


def _examined(asked: dict[str, Any], state: State) -> tuple[datetime, datetime]:
    """The interval to look for gaps in, an empty one where nothing can have come yet."""
    now = timezone.now()
    # What has not come yet is not missing.
    end = min(asked["to"] or now, now)
    if start := asked["from"]:
        return start, max(start, end)
    return min(max(state.first or end, end - USUAL_GAPS), end), end
