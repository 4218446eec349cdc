"""How the API answers when something is wrong: in one shape (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from sensors import correlation

logger = logging.getLogger(__name__)

PROBLEM = "application/problem+json"


def problem(status: int, code: str, detail: str, **members: Any) -> dict[str, Any]:
    """The body of an error answer. `code` is stable, `detail` is for people."""
    ids = correlation.request_ids()
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": ids[0] if ids else None,
    } | members


def problem_details(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer each API error in the one shape."""
    if isinstance(exc, RequestDataTooBig):
        exc = TooLarge()
    elif isinstance(exc, (OperationalError, InterfaceError)):
        logger.error("the database is away: %s", exc)
        exc = StoreAway()
    response = exception_handler(exc, context)
    if response is None:
        return None
    if isinstance(exc, exceptions.APIException):
        code, detail, members = _in_words(exc)
    else:
        code, detail, members = _code_of(response.status_code), str(exc) or "Not found.", {}
    response.data = problem(response.status_code, code, detail, **members)
    response.content_type = PROBLEM
    return response


class StoreAway(exceptions.APIException):
    """Nobody knows whether it was kept, so the client must keep it: in words clients know."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "store_unavailable"
    default_detail = "The database does not answer; try again."
    wait = 5  # Seconds; becomes Retry-After


class TooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self) -> None:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        super().__init__(f"The body is larger than {limit} bytes.")
        self.members = {"limit": limit}


def _in_words(exc: exceptions.APIException) -> tuple[str, str, dict[str, Any]]:
    """Code, sentence and further members of an exception."""
    members = dict(getattr(exc, "members", {}))
    if isinstance(exc, exceptions.ValidationError):
        errors = list(_flat(exc.get_full_details()))
        return "invalid", "The request is not valid.", {"errors": errors} | members
    details = exc.get_full_details()
    if isinstance(details, dict) and isinstance(details.get("code"), str):
        return str(details["code"]), str(details["message"]), members
    return str(exc.default_code), str(exc.detail), members


def _flat(details: Any, field: str = "") -> Any:
    """Validation details of any depth, as a list of field, code and detail."""
    if isinstance(details, list):
        for item in details:
            yield from _flat(item, field)
    elif isinstance(details, dict) and {"message", "code"} == details.keys():
        yield {"field": field, "code": details["code"], "detail": str(details["message"])}
    elif isinstance(details, dict):
        for name, item in details.items():
            yield from _flat(item, f"{field}.{name}".strip("."))


def _code_of(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "_")


# Below these paths programs ask; elsewhere people do.
FOR_PROGRAMS = ("/api/", "/health")
PAGES: dict[int, Callable[..., HttpResponseBase]] = {
    400: defaults.bad_request,
    403: defaults.permission_denied,
    404: defaults.page_not_found,
    500: defaults.server_error,
}


def problem_page(status: int) -> Callable[..., HttpResponseBase]:
    """A handler for urls.py: what goes wrong outside of API views.

    Programs are answered in the one shape, people with a page from templates/.
    """

    def answer(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
        if not request.path_info.startswith(FOR_PROGRAMS):
            reason = (exception,) if exception else ()
            return PAGES[status](request, *reason)
        detail = f"{HTTPStatus(status).description or HTTPStatus(status).phrase}."
        body = problem(status, _code_of(status), detail)
        return JsonResponse(body, status=status, content_type=PROBLEM)

    return answer
