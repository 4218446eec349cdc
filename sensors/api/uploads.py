"""Why an upload is refused as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from django.conf import settings
from rest_framework import exceptions, status

from sensors.intake.decoding import Upload


class UploadTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self, limit: int | None = None) -> None:
        limit = limit or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        super().__init__(f"The body is larger than {limit} bytes.")
        self.members = {"limit": limit}


class UnreadableUpload(exceptions.APIException):
    """The upload as a whole is refused."""

    status_code = status.HTTP_400_BAD_REQUEST


class LengthRequired(exceptions.APIException):
    """Where the server does not mark the end of a chunked body, it must not pass for empty."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "Send a Content-Length; this server does not take chunked bodies."


class NothingAcceptable(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "nothing_acceptable"
    default_detail = "None of the readings could be accepted."

    def __init__(self, upload: Upload) -> None:
        super().__init__()
        self.members = {
            "accepted": 0,
            "rejected": upload.rejected,
            "rejections": [asdict(rejection) for rejection in upload.rejections],
        }


class KeyReused(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used with another upload."


class BrokenBody(exceptions.APIException):
    """What arrived is not what was sent."""

    status_code = status.HTTP_400_BAD_REQUEST


class UnsupportedEncoding(exceptions.APIException):
    status_code = status.HTTP_415_UNSUPPORTED_MEDIA_TYPE
    default_code = "unsupported_encoding"

    def __init__(self, taken: Sequence[str]) -> None:
        super().__init__(f"Content-Encoding can be {' or '.join(taken)}.")
        self.members = {"encodings": list(taken)}
