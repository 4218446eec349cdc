"""Files that are sent as a form, bounded before anything of them is read."""

from __future__ import annotations

from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import DataAndFiles, MultiPartParser

from sensors.api.uploads import LengthRequired, UploadTooLarge

# What names and borders of the parts take beside the file.
ROUND_IT = 64 * 1024


class BoundedMultiPartParser(MultiPartParser):
    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> DataAndFiles[Any, Any]:
        meta = parser_context["request"].META
        length = str(meta.get("CONTENT_LENGTH") or "")
        if not length.isdecimal():
            raise LengthRequired
        if int(length) > settings.MAX_ATTACHMENT_BYTES + ROUND_IT:
            raise UploadTooLarge(settings.MAX_ATTACHMENT_BYTES)
        return super().parse(stream, media_type, parser_context)
