from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


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


class ReadingPagination(CheckedCursor):
    """Pages by time: the cost of a page does not grow with its distance."""

    ordering = "taken_at"
    page_size = 1_000
    page_size_query_param = "limit"
    max_page_size = 10_000

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        newest = request.query_params.get("newest", "").lower() == "true"
        return ("-taken_at",) if newest else ("taken_at",)

    def check_position(self, position: str) -> None:
        moment = datetime.fromisoformat(position)
        if moment.tzinfo is None:
            raise ValueError("a stored time has an offset")
        moment.astimezone(UTC)


class NewestFirst(CheckedCursor):
    """For rows with an id that grows: the latest come first."""

    ordering = "-pk"
    page_size_query_param = "limit"
    max_page_size = 1_000

    def check_position(self, position: str) -> None:
        int(position)
