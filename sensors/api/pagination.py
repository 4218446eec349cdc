from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from sensors.history.windows import EPOCH, moment_of
from sensors.store.reading import EARLIEST, LATEST, TICK, Key

INVALID_CURSOR = "Invalid cursor"


class CheckedCursor(CursorPagination, ABC):
    """A cursor comes back from the client, so its position may be anything."""

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None:
            try:
                self.check_position(str(cursor.position))
            except (ValueError, OverflowError) as exc:
                raise NotFound(self.invalid_cursor_message) from exc
        return cursor

    @abstractmethod
    def check_position(self, position: str) -> None:
        """Raise ValueError or OverflowError if the rows cannot be compared with it."""


class NewestFirst(CheckedCursor):
    """For rows with an id that grows: the latest come first."""

    ordering = "-pk"
    page_size_query_param = "limit"
    max_page_size = 1_000

    def check_position(self, position: str) -> None:
        int(position)


class NewestMoments(NewestFirst):
    """For rows of one sensor, one a moment: the latest of them come first."""

    ordering = "-taken_at"

    def check_position(self, position: str) -> None:
        at = datetime.fromisoformat(position)
        if at.tzinfo is None or not EARLIEST <= at <= LATEST:
            raise ValueError("no moment of a row")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of readings begins: after a key, or with `back`, before it."""

    key: Key | None = None
    back: bool = False

    @classmethod
    def of(cls, request: Request) -> Place:
        cursor = request.query_params.get("cursor")
        if not cursor:
            return cls()
        try:
            way, micros, sensor_id = urlsafe_b64decode(cursor).decode("ascii").split(".")
            key = Key(moment_of(int(micros)), int(sensor_id))
        except (ValueError, OverflowError) as exc:
            raise NotFound(INVALID_CURSOR) from exc
        if way not in ("on", "back") or not EARLIEST <= key.at <= LATEST:
            raise NotFound(INVALID_CURSOR)
        return cls(key, way == "back")

    @classmethod
    def ahead_of(cls, request: Request) -> Key | None:
        """For pages that are only walked forwards."""
        place = cls.of(request)
        if place.back:
            raise NotFound(INVALID_CURSOR)
        return place.key


def url_of_page(
    request: Request,
    key: Key | None,
    *,
    back: bool = False,
    settled: Mapping[str, str] = MappingProxyType({}),
) -> str | None:
    """The address of the page after or before a key, with parameters that are now settled."""
    if key is None:
        return None
    micros = (key.at - EPOCH) // TICK
    cursor = f"{'back' if back else 'on'}.{micros}.{key.sensor_id}"
    url = request.build_absolute_uri()
    for name, value in settled.items():
        url = replace_query_param(url, name, value)
    return replace_query_param(url, "cursor", urlsafe_b64encode(cursor.encode()).decode())


def limit_of(request: Request, usual: int, most: int) -> int:
    """How many rows a page may have. What is no such number is as if it were not there."""
    try:
        limit = int(request.query_params.get("limit", usual))
    except ValueError:
        return usual
    return min(limit, most) if limit > 0 else usual
