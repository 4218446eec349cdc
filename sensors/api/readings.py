"""Readings read back: as they are, in buckets of time, or thinned out for drawing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request

from sensors.api.answers import (
    csv_answer,
    json_answer,
    not_modified,
    tag_of,
    tagged,
    wants_csv,
)
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.pagination import Place, limit_of, url_of_page
from sensors.api.queries import (
    ReadingForm,
    TooManyReadings,
    checked,
    is_newest_first,
    sensors_named,
)
from sensors.csv.writing import lines, text_of
from sensors.history import series
from sensors.history.granularity import Granularity
from sensors.models import Reading, Sensor
from sensors.store.reading import Key, Row, Selection
from sensors.store.state import State, state_of

USUAL_ROWS, MOST_ROWS = 1_000, 10_000
# What a resolution chosen for the interval gives fits on one page.
USUAL_BUCKETS = 2_000
MOST_LINES = 100_000
USUAL_POINTS = 500
# How far back a curve goes when nothing else is said.
USUAL_CURVE = timedelta(days=1)

QUALITY = {quality.value: quality.name.lower() for quality in Reading.Quality}
# Bits as the words they stand for.
FLAGS = {
    bits: [flag.name.lower() for flag in Reading.Flag if bits & flag.value]
    for bits in range(2 * max(Reading.Flag.values))
}


@dataclass(frozen=True, slots=True)
class Part:
    """A page of an answer: named columns, the rows, the pages beside it."""

    columns: tuple[str, ...]
    rows: Iterable[tuple[Any, ...]]
    next: str | None = None
    previous: str | None = None


@dataclass(slots=True)
class Question:
    """One request, understood: which readings, how finely, from where on."""

    request: Request
    asked: dict[str, Any]
    sensors: dict[int, Sensor]
    state: State
    tag: str
    start: datetime | None
    end: datetime | None
    resolution: Granularity

    @property
    def selection(self) -> Selection:
        return Selection.of(tuple(self.sensors), self.start, self.end)

    @property
    def is_bounded(self) -> bool:
        """Whether an end of the interval was left to the server."""
        open_ended = self.asked["from"] is None or self.asked["to"] is None
        return open_ended or self.asked["bounded"]

    def url_of_page(self, key: Key | None, *, back: bool = False) -> str | None:
        """With the interval as it is understood now, so that all pages are of one answer."""
        settled = {
            "from": self.start and text_of(self.start),
            "to": self.end and text_of(self.end),
            "resolution": self.resolution.value,
            "bounded": "true" if self.is_bounded else None,
        }
        known = {name: text for name, text in settled.items() if text}
        return url_of_page(self.request, key, back=back, settled=known)


class ReadingListView(Endpoint):
    """Readings of sensors in the half-open interval [from, to), oldest first."""

    def get(self, request: Request) -> HttpResponseBase:
        question = _understood(request)
        if answer := not_modified(request, question.tag):
            return answer
        if question.asked["downsample"]:
            part = _curves(question)
        elif question.resolution is Granularity.RAW:
            part = _readings(question)
        else:
            part = _buckets(question)
        answer = _as_csv(question, part) if wants_csv(request) else _as_json(question, part)
        return tagged(answer, question.tag)


def _understood(request: Request) -> Question:
    asked = checked(ReadingForm, request)
    found = sensors_named(asked["sensor"], asked["site"], principal(request))
    sensors = {sensor.pk: sensor for sensor in found}
    selection = Selection.of(tuple(sensors), asked["from"], asked["to"])
    if asked["resolution"] not in ("", Granularity.RAW) and (key := Place.of(request).key):
        selection = selection.starting(key.at)
    state = state_of(selection)
    start, end = state.bounds(asked["from"], asked["to"])
    if asked["downsample"] and asked["from"] is None and start and end:
        start = max(start, end - USUAL_CURVE)
    resolution = asked["resolution"] or Granularity.RAW
    if resolution == "auto":
        span = end - start if start and end else timedelta(0)
        resolution = Granularity.fitting(max(span, timedelta(0)))
    tag = tag_of(request, state.facts, [(pk, sensor.code) for pk, sensor in sensors.items()])
    return Question(request, asked, sensors, state, tag, start, end, Granularity(resolution))


def _readings(question: Question) -> Part:
    request, newest = question.request, is_newest_first(question.asked)
    columns = ("sensor_id", "timestamp", "value", "quality", "flags", "batch_id")
    if wants_csv(request):
        limit = limit_of(request, MOST_LINES, MOST_LINES)
        rows, after = series.stream_of_readings(
            question.selection, Place.ahead_of(request), limit, newest=newest
        )
        return Part(columns, _in_words(question, rows), question.url_of_page(after))
    place = Place.of(request)
    page = series.page_of_readings(
        question.selection,
        place.key,
        limit_of(request, USUAL_ROWS, MOST_ROWS),
        newest=newest,
        back=place.back,
    )
    return Part(
        columns,
        _in_words(question, page.rows),
        question.url_of_page(page.next),
        question.url_of_page(page.previous, back=True),
    )


def _in_words(question: Question, rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
    code_of = {pk: sensor.code for pk, sensor in question.sensors.items()}
    for at, sensor_id, value, quality, flags, batch_id in rows:
        yield code_of[sensor_id], at, value, QUALITY[quality], FLAGS[flags], batch_id


def _buckets(question: Question) -> Part:
    limit = limit_of(question.request, USUAL_BUCKETS, MOST_ROWS)
    after = Place.ahead_of(question.request)
    page = series.page_of_buckets(
        question.selection, question.state, question.resolution, after, limit
    )
    columns = ("sensor_id", "timestamp", "min", "max", "average", "count", "bad_share")
    rows = (
        (question.sensors[sensor_id].code, at, lowest, highest, average, count, bad / count)
        for at, sensor_id, count, bad, lowest, highest, average in page.rows
    )
    return Part(columns, rows, question.url_of_page(page.next))


def _curves(question: Question) -> Part:
    points = question.asked["points"] or USUAL_POINTS
    try:
        drawn = series.curves(question.selection, points)
    except series.TooManyReadingsError as exc:
        raise TooManyReadings(exc.readings, series.MOST_DRAWN) from exc
    rows = ((question.sensors[pk].code, at, value) for at, pk, value in drawn)
    return Part(("sensor_id", "timestamp", "value"), rows)


def _as_json(question: Question, part: Part) -> HttpResponseBase:
    return json_answer(
        {
            "next": part.next,
            "previous": part.previous,
            "resolution": question.resolution.value,
            "from": question.start,
            "to": question.end,
            "bounded": question.is_bounded,
            "results": [dict(zip(part.columns, row, strict=True)) for row in part.rows],
        }
    )


def _as_csv(question: Question, part: Part) -> HttpResponseBase:
    about = [
        ("X-Resolution", question.resolution.value),
        ("X-From", question.start and text_of(question.start)),
        ("X-To", question.end and text_of(question.end)),
        ("X-Bounded", str(question.is_bounded).lower()),
    ]
    return csv_answer(lines(part.columns, part.rows), about, part.next)
