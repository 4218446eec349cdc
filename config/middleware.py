from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from sensors import correlation


class RequestIdMiddleware:
    """Take the caller's X-Request-ID or make one, log under it, and echo it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = correlation.accepted_or_new(request.headers.get("X-Request-ID", ""))
        with correlation.about(request_ids=(request_id,)):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response
