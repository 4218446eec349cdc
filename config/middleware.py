from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.deprecation import MiddlewareMixin
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


class ForPeople(MiddlewareMixin):
    """Pass over what comes to the API with a key: it has no session, so nobody is in it and
    no message. Many devices send a reading a request, which would take a tenth longer.
    """

    def __call__(self, request: HttpRequest) -> Any:
        if "HTTP_X_API_KEY" in request.META and request.path_info.startswith("/api/"):
            return self.get_response(request)
        return super().__call__(request)


class Sessions(ForPeople, SessionMiddleware):
    pass


class Csrf(ForPeople, CsrfViewMiddleware):
    pass


class People(ForPeople, AuthenticationMiddleware):
    pass


class Messages(ForPeople, MessageMiddleware):
    pass
