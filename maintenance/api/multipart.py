"""Files that are sent as a form, bounded before anything of them is read."""

from __future__ import annotations

from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import DataAndFiles, MultiPartParser

from sensors.api.uploads import UploadTooLarge

# What names and borders of the parts take beside the file.
ROUND_IT = 64 * 1024


class BoundedMultiPartParser(MultiPartParser):
    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> DataAndFiles[Any, Any]:
        # No more than it says is read, and what says nothing is taken for empty.
        length = int(parser_context["request"].META["CONTENT_LENGTH"])
        if length > settings.MAX_ATTACHMENT_BYTES + ROUND_IT:
            raise UploadTooLarge(settings.MAX_ATTACHMENT_BYTES)
        return super().parse(stream, media_type, parser_context)
