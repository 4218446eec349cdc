"""What endpoints have in common that let people act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import exceptions, serializers, status
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.refusals import RefusedError
from sensors.api.assets import asset_named
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.parsers import StrictJsonParser
from sensors.models import Asset


class Refused(exceptions.APIException):
    """A refusal of the rules, in the API's words."""

    def __init__(self, refusal: RefusedError) -> None:
        super().__init__(refusal.detail, refusal.code)
        self.status_code = refusal.status
        self.members = refusal.members


class ActEndpoint(Endpoint):
    """Answers what the rules refuse with 409 or 403 and the code of the refusal."""

    parser_classes = [StrictJsonParser]

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(Refused(exc) if isinstance(exc, RefusedError) else exc)


def said_in(form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body, checked for form."""
    said = form(data=request.data)
    said.is_valid(raise_exception=True)
    return dict(said.validated_data)


def created(serializer: serializers.BaseSerializer[Any], where: str = "") -> Response:
    headers = {"Location": f"/api/v1/{where}"} if where else {}
    return Response(serializer.data, status=status.HTTP_201_CREATED, headers=headers)


def asset_said(said: dict[str, Any], request: Request) -> Asset:
    """The asset that a body names, and its site where needed; takes both out of it."""
    name, site = said.pop("asset"), said.pop("site", "")
    try:
        return asset_named(name, site, principal(request))
    except exceptions.NotFound as exc:
        raise serializers.ValidationError({"asset": [exc.detail]}) from exc


@contextmanager
def checked_by_the_model() -> Iterator[None]:
    """What the model finds wrong is answered like what the form finds wrong."""
    try:
        yield
    except ValidationError as exc:
        raise serializers.ValidationError(get_error_detail(exc)) from exc
