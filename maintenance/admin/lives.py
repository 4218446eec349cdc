"""The lives of assets: a list, a page, and a table on the page of each asset."""

from __future__ import annotations

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from maintenance.models import Life
from sensors.admin.plant import AssetAdmin
from sensors.admin_parts.pages import EvidenceInline, pill
from sensors.admin_parts.scope import SiteScoped, VisibleChoices, person_of
from sensors.admin_parts.times import FULL, ClearTimes
from sensors.models import Asset

LEVELS = {Life.Ending.FAILED: "critical", Life.Ending.REPLACED: "quiet"}


@admin.register(Life)
class LifeAdmin(SiteScoped, ClearTimes):
    site_path = "asset__site"
    time_in_lists = FULL  # Lives take years.
    list_display = ["asset", "started_at", "ended_at", "condition", "note", "recorded_by"]
    list_select_related = ["asset__site"]
    list_filter = ["ending", ("asset__site", VisibleChoices), "asset__type"]
    search_fields = ["asset__tag", "asset__name", "note"]
    autocomplete_fields = ["asset"]
    fields = ["asset", "started_at", "ended_at", "ending", "note", "recorded_by"]
    readonly_fields = ["recorded_by"]
    ordering = ["-started_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Life | None = None) -> list[str]:
        """A life stays with its asset."""
        return [*self.readonly_fields, "asset"] if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Life, form: ModelForm, change: bool) -> None:
        obj.recorded_by = str(person_of(request))
        super().save_model(request, obj, form, change)

    @admin.display(description="how", ordering="ending")
    def condition(self, life: Life) -> str:
        if not life.ending:
            return pill("good", "runs")
        return pill(LEVELS[Life.Ending(life.ending)], life.get_ending_display())


class LifeInline(EvidenceInline):
    model = Life
    time_form = FULL
    fields = ["started_at", "ended_at", "ending", "note", "recorded_by"]


class AssetWithLivesAdmin(AssetAdmin):
    inlines = [*AssetAdmin.inlines, LifeInline]


admin.site.unregister(Asset)
admin.site.register(Asset, AssetWithLivesAdmin)
