"""What endpoints have in common that let people act."""

from __future__ import annotations

from rest_framework import exceptions
from rest_framework.response import Response

from maintenance.refusals import RefusedError
from sensors.api.endpoints import Endpoint
from sensors.api.parsers import StrictJsonParser


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
