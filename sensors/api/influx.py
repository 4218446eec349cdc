"""The doors for clients of InfluxDB 1 and 2: they write here as they would there."""

from __future__ import annotations

import re
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.conf import settings
from rest_framework import exceptions, status
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response

from sensors.api.authentication import InfluxAuthentication, principal
from sensors.api.bodies import body_of
from sensors.api.endpoints import Endpoint
from sensors.api.formats import check_last_line, mode_of
from sensors.api.intake import Intake, receipt_of, site_of
from sensors.intake.decoding import LineRejection, UnreadableUploadError, Upload
from sensors.line_protocol.uploads import decode_lines
from sensors.models import LineMapping, ReadingBatch

# Clients look at it to learn what they may ask for. More than to write is not to be had.
VERSION = {"X-Influxdb-Version": "1.8", "X-Influxdb-Build": "smart-maintenance"}
SHOWN_REJECTIONS = 100


class TooManyReadings(exceptions.APIException):
    """Not 400 as elsewhere: at 413 Telegraf sends the batch again in two halves."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_many_readings"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.members = {"limit": settings.MAX_READINGS_PER_RUN}


class LinesRejected(exceptions.APIException):
    """Some lines or all of them; the others are kept, and `receipt` says where."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "nothing_acceptable"

    def __init__(self, upload: Upload, batch: ReadingBatch | None) -> None:
        first, dropped = upload.rejections[0], upload.rejected
        assert isinstance(first, LineRejection)
        what = f"unable to parse line {first.line}: {first.detail} dropped={dropped}"
        super().__init__(
            f"partial write: {what}" if batch else what,
            code="partial_write" if batch else self.default_code,
        )
        self.members = {
            "line": first.line,
            "accepted": len(upload.readings),
            "rejected": dropped,
            "rejections": [asdict(row) for row in upload.rejections[:SHOWN_REJECTIONS]],
        } | ({"receipt": receipt_of(batch)} if batch else {})


class ForInflux(Endpoint):
    """Errors are what all endpoints answer, in words that clients of InfluxDB look for."""

    authentication_classes = [InfluxAuthentication]

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        response.data |= self.in_their_words(response.data)
        response.content_type = "application/json"
        return response

    def in_their_words(self, problem: dict[str, Any]) -> dict[str, Any]:
        return {"error": problem["detail"]}


class LineWrite(ForInflux, Intake):
    """Accept line protocol. Good lines are kept beside bad ones."""

    precisions: tuple[str, ...]

    def post(self, request: Request) -> Response:
        precision, mode = self._precision(request), mode_of(request)
        site = site_of(request, principal(request))
        body = body_of(request)
        check_last_line(body)
        try:
            upload = decode_lines(
                body.data,
                most_readings=settings.MAX_READINGS_PER_RUN,
                precision=precision,
                rules=LineMapping.objects.rules_at(site),
                mode=mode or "live",
            )
        except UnreadableUploadError as exc:
            raise TooManyReadings(str(exc)) from exc
        batch = self.take_in(request, site, upload, body)[0] if upload.readings else None
        if upload.rejections:
            raise LinesRejected(upload, batch)
        headers = {"X-Ignored-Fields": str(upload.ignored)} if upload.ignored else {}
        if batch:
            headers["Location"] = receipt_of(batch)
        return Response(status=status.HTTP_204_NO_CONTENT, headers=headers)

    def _precision(self, request: Request) -> str:
        precision = request.query_params.get("precision") or "ns"
        if precision not in self.precisions:
            raise exceptions.ParseError(
                f"invalid precision (use {', '.join(self.precisions)})", code="invalid_precision"
            )
        return precision


class LineWriteV1(LineWrite):
    """As InfluxDB 1 takes it, at /write."""

    precisions = ("n", "ns", "u", "us", "ms", "s", "m", "h")

    def handle_exception(self, exc: Exception) -> Response:
        """Telegraf's output for InfluxDB 1 throws away what any 4xx answers, 429 too."""
        response = super().handle_exception(exc)
        if response.status_code == status.HTTP_429_TOO_MANY_REQUESTS:
            response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
            response.data |= {"status": response.status_code, "title": "Service Unavailable"}
        return response


class LineWriteV2(LineWrite):
    """As InfluxDB 2 takes it, at /api/v2/write."""

    precisions = ("ns", "us", "ms", "s")

    def in_their_words(self, problem: dict[str, Any]) -> dict[str, Any]:
        return {
            "code": THEIR_CODES.get(problem["status"], "invalid"),
            "reason": problem["code"],
            "message": problem["detail"],
        }


THEIR_CODES = {
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.METHOD_NOT_ALLOWED: "method not allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request too large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "unprocessable entity",
    HTTPStatus.TOO_MANY_REQUESTS: "too many requests",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal error",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}

CREATE_DATABASE = re.compile(
    r'\s*create\s+database\s+(?:"(?:[^"\\]|\\.){1,200}"|\w{1,200})\s*;?\s*', re.IGNORECASE
)


class QueryView(ForInflux):
    """Telegraf creates its database before it writes. Here is none; it is told all is well."""

    parser_classes = [FormParser]

    def post(self, request: Request) -> Response:
        form: Any = request.data
        asked = request.query_params.get("q") or form.get("q") or ""
        if not CREATE_DATABASE.fullmatch(asked[:1_000]):
            raise exceptions.ParseError(
                "Only CREATE DATABASE is understood; readings are read at /api/v1/readings",
                code="unsupported_query",
            )
        return Response({"results": [{"statement_id": 0}]})


class PingView(ForInflux):
    """May this client write?"""

    def get(self, request: Request) -> Response:
        return Response(status=status.HTTP_204_NO_CONTENT, headers=VERSION)
