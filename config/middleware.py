from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response

from sensors import correlation


class RequestIdMiddleware:
    """Take the caller's X-Request-ID or make one, log under it, and echo it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = correlation.accepted_or_new(request.headers.get("X-Request-ID", ""))
        with correlation.about(request_ids=(request_id,)):
            response = self.get_response(request)
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                # Django logs it once, but only when the id is forgotten.
                log_response(
                    "%s: %s",
                    response.reason_phrase,
                    request.path,
                    response=response,
                    request=request,
                )
        response.headers["X-Request-ID"] = request_id
        return response
