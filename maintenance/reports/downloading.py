"""Hand out the file of a report, such that a browser saves it and runs nothing of it."""

from __future__ import annotations

from django.http import FileResponse

from maintenance.models import ReportFile
from maintenance.reports.asking import name_of
from maintenance.reports.forms import FORMS


def download_of(file: ReportFile) -> FileResponse:
    form = ReportFile.Form(file.form)
    answer = FileResponse(
        file.file.open("rb"),
        as_attachment=True,
        filename=f"{name_of(file.report)}.{form}",
        content_type=FORMS[form].content_type,
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # It is for whoever asked only; opened in place it would have no rights.
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    )
    return answer
