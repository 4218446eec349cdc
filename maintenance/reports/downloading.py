"""Hand out the file of a report."""

from __future__ import annotations

from django.http import FileResponse

from maintenance.downloading import handed_out
from maintenance.models import ReportFile
from maintenance.reports.asking import name_of
from maintenance.reports.forms import FORMS


def download_of(file: ReportFile) -> FileResponse:
    form = ReportFile.Form(file.form)
    name = f"{name_of(file.report)}.{form}"
    return handed_out(file.file, name=name, content_type=FORMS[form].content_type)
