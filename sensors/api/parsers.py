"""JSON bodies of all that is no upload."""

from __future__ import annotations

from typing import IO, Any

import msgspec
from django.conf import settings
from rest_framework.parsers import BaseParser

from sensors.api.uploads import UnreadableUpload, UploadTooLarge


class StrictJsonParser(BaseParser):
    """JSON that is not too large, not too deep, and real text."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise UploadTooLarge
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
            raise UnreadableUpload("The body is not JSON.", code="unparseable") from exc
