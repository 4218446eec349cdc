"""What all endpoints of the API have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import exceptions, status
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sensors.api.throttling import KeyRate, say_usage


class InvalidQuery(exceptions.APIException):
    """A query that the database could not even be asked."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "invalid_query"
    default_detail = "A query parameter contains a character that text does not have."


class AlwaysJson(DefaultContentNegotiation):
    """Answers in the one form there is, whatever the client would like best."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class Endpoint(APIView):
    content_negotiation_class = AlwaysJson
    throttle_classes = [KeyRate]

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        say_usage(request, response)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # PostgreSQL knows no text with a NUL in it.
        query = request.query_params.lists() if request.META.get("QUERY_STRING") else ()
        if any("\x00" in text for name, values in query for text in (name, *values)):
            raise InvalidQuery
