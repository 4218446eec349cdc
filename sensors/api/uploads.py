"""The body of an upload, taken as it is: decoding.py reads it, not a DRF parser."""

from __future__ import annotations

from typing import IO, Any

import msgspec
from django.conf import settings
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser


class UploadTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self) -> None:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        super().__init__(f"The body is larger than {limit} bytes.")
        self.members = {"limit": limit}


class UnreadableUpload(exceptions.APIException):
    """The upload as a whole is refused."""

    status_code = status.HTTP_400_BAD_REQUEST


class LengthRequired(exceptions.APIException):
    """A chunked body does not reach Django under WSGI: it must not pass for an empty one."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "Send a Content-Length; chunked bodies are not taken."


class NothingAcceptable(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "nothing_acceptable"
    default_detail = "None of the readings could be accepted."

    def __init__(self, rejections: list[dict[str, Any]]) -> None:
        super().__init__()
        self.members = {"accepted": 0, "rejected": len(rejections), "rejections": rejections}


class KeyReused(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used with other readings."


class BytesParser(BaseParser):
    """Hands the body on as bytes, after a look at its size."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise UploadTooLarge
        return body


class StrictJsonParser(BytesParser):
    """JSON as anything but an upload sends it: not too large, not too deep, and real text."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        try:
            return msgspec.json.decode(super().parse(stream, media_type, parser_context))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
            raise UnreadableUpload("The body is not JSON.", code="unparseable") from exc
