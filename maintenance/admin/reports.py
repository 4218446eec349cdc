"""Reports: the list, how far each is, and its files."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join

from maintenance.admin.figures import figures_page
from maintenance.admin.report_form import ReportForm
from maintenance.models import Report
from maintenance.refusals import RefusedError
from maintenance.reports.asking import ask
from maintenance.reports.downloading import download_of
from sensors.admin_parts.pages import Evidence, pill, url_of, url_of_list
from sensors.admin_parts.scope import VisibleChoices, person_of, principal_in
from sensors.admin_parts.times import NOTHING

STATUS_LEVELS = {
    Report.Status.WAITING: "medium",
    Report.Status.RUNNING: "low",
    Report.Status.DONE: "good",
    Report.Status.FAILED: "critical",
}


@admin.register(Report)
class ReportAdmin(Evidence):
    change_list_template = "admin/maintenance/reports.html"
    list_display = ["named", "site", "asset", "days", "condition", "downloads", "asked_at"]
    list_select_related = ["site", "asset"]
    list_filter = ["kind", "status", ("site", VisibleChoices), "asked_at"]
    search_fields = ["asset__tag", "asked_by"]
    fieldsets = [
        (None, {"fields": ["condition", "far", "error", "downloads"]}),
        ("Asked for", {"fields": ["kind", "site", "asset", "start", "end", "as_of"]}),
        ("Time", {"fields": ["asked_by", "asked_at", "started_at", "finished_at", "digest"]}),
    ]
    add_fieldsets = [(None, {"fields": ["kind", "site", "asset", "first_day", "last_day"]})]
    autocomplete_fields = ["asset"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("files")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("figures/", view(self.figures), name="maintenance_figures"),
            path("<int:pk>/files/<str:form>/", view(self.file), name="maintenance_report_file"),
        ]
        return own + super().get_urls()

    def figures(self, request: HttpRequest) -> HttpResponse:
        return figures_page(request, self.admin_site, Report)

    def file(self, request: HttpRequest, pk: int, form: str) -> FileResponse:
        report = self.get_object(request, str(pk)) if self.has_view_permission(request) else None
        file = report.files.filter(form=form).first() if report else None
        if file is None:
            raise Http404
        return download_of(file)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Asking is no writing of evidence: a worker writes what comes of it."""
        return person_of(request).has_perm("maintenance.add_report")

    def get_fieldsets(self, request: HttpRequest, obj: Report | None = None) -> Any:
        return self.add_fieldsets if obj is None else super().get_fieldsets(request, obj)

    def get_form(
        self, request: HttpRequest, obj: Report | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = {"form": ReportForm} if obj is None else {}
        return super().get_form(request, obj, change, **kwargs | form)

    def save_model(self, request: HttpRequest, obj: Report, form: Any, change: bool) -> None:
        said, now = form.cleaned_data, timezone.now()
        start, end = form.interval(said["site"])
        interval = {"start": start, "end": end, "as_of": now}
        by = principal_in(request)
        report, _ = ask(said["kind"], said["site"], said["asset"], **interval, by=by)
        obj.pk, obj.start, obj.end, obj.as_of = report.pk, start, end, now

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            more = {"title": "Make a report"} | (extra_context or {})
            return super().add_view(request, form_url, more)
        except RefusedError as exc:
            self.message_user(request, exc.detail, messages.ERROR)
            return HttpResponseRedirect(url_of_list(Report))

    def response_post_save_add(self, request: HttpRequest, obj: Report) -> HttpResponseRedirect:
        return HttpResponseRedirect(url_of(obj))

    @admin.display(description="report", ordering="kind")
    def named(self, report: Report) -> str:
        return str(report)

    @admin.display(description="interval", ordering="start")
    def days(self, report: Report) -> str:
        start, end = (moment.astimezone(report.site.zone) for moment in (report.start, report.end))
        return f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"

    @admin.display(description="status", ordering="status")
    def condition(self, report: Report) -> str:
        status = Report.Status(report.status)
        return pill(STATUS_LEVELS[status], status.label)

    @admin.display(description="progress")
    def far(self, report: Report) -> str:
        return f"{report.percent} %"

    @admin.display(description="files")
    def downloads(self, report: Report) -> str:
        links = (
            (reverse("admin:maintenance_report_file", args=[report.pk, file.form]), label)
            for file in report.files.all()
            if (label := file.get_form_display())
        )
        return format_html_join(" ", '<a href="{}">{}</a>', links) or NOTHING
