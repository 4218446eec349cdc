"""Hand out a stored file, such that a browser saves it and runs nothing of it."""

from __future__ import annotations

from django.db.models.fields.files import FieldFile
from django.http import FileResponse


def handed_out(file: FieldFile, *, name: str, content_type: str) -> FileResponse:
    """The file through this server, which knows who may see it.

    Raises FileNotFoundError if the storage does not have it any more.
    """
    answer = FileResponse(
        file.open("rb"), as_attachment=True, filename=name, content_type=content_type
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # It is for whoever asked only; opened in place it would have no rights.
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    )
    return answer
