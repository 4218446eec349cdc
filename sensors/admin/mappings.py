"""Where fields of line protocol go, and a page to try it before a client sends them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from sensors.admin_parts.scope import SiteScoped, VisibleChoices
from sensors.intake.decoding import UnreadableUploadError, Upload
from sensors.line_protocol.uploads import decode_lines
from sensors.models import LineMapping, Site

MOST_TRIED = 200


class TryForm(forms.Form):
    site = forms.ModelChoiceField(Site.objects.none())
    lines = forms.CharField(
        max_length=10_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 100}),
        help_text="Line protocol as Telegraf writes it with [[outputs.file]]",
    )


@admin.register(LineMapping)
class LineMappingAdmin(SiteScoped, admin.ModelAdmin):
    list_display = ["measurement", "field", "goes_to", "site", "position", "active"]
    list_editable = ["position", "active"]
    list_select_related = ["site"]
    list_filter = [("site", VisibleChoices), "active"]
    search_fields = ["measurement", "field", "template"]
    autocomplete_fields = ["site"]
    change_list_template = "admin/sensors/linemapping/change_list.html"

    @admin.display(description="sensor", ordering="template")
    def goes_to(self, mapping: LineMapping) -> str:
        return mapping.template or "left out"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_view)
        return [path("try", view, name="sensors_linemapping_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """Say where lines would go; nothing is stored."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = TryForm(request.POST or None)
        sites = self.admin_site._registry[Site].get_queryset(request)
        choice: Any = form.fields["site"]
        choice.queryset, choice.initial = sites, sites.first()
        context = {
            **self.admin_site.each_context(request),
            "title": "Try line mappings",
            "opts": self.opts,
            "form": form,
        }
        if form.is_valid():
            context |= _tried(form.cleaned_data["site"], form.cleaned_data["lines"])
        return TemplateResponse(request, "admin/sensors/linemapping/try.html", context)


def _tried(site: Site, lines: str) -> dict[str, Any]:
    """What would become of the lines, for the page to show."""
    rules = LineMapping.objects.rules_at(site)
    try:
        upload = decode_lines(lines.encode(), most_readings=MOST_TRIED, rules=rules)
    except UnreadableUploadError as exc:
        return {"upload": Upload(), "refusal": str(exc)}
    codes = {reading.sensor_id for reading in upload.readings}
    known = set(site.sensors.filter(code__in=codes).values_list("code", flat=True))
    return {
        "upload": upload,
        "found": [(reading, reading.sensor_id in known) for reading in upload.readings],
    }
