from __future__ import annotations

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class ReadingPagination(CursorPagination):
    """Pages by time: the cost of a page does not grow with its distance."""

    ordering = "taken_at"
    page_size = 1_000
    page_size_query_param = "limit"
    max_page_size = 10_000

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        newest = request.query_params.get("newest", "").lower() == "true"
        return ("-taken_at",) if newest else ("taken_at",)


class NewestFirst(CursorPagination):
    """For rows with an id that grows: the latest come first."""

    ordering = "-pk"
    page_size_query_param = "limit"
    max_page_size = 1_000
