"""The plant, and who may send and see."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from sensors.admin.filters import InUseFilter, KeyStateFilter
from sensors.admin.vibration import AnalysisInline, BandInline
from sensors.admin_parts.pages import EvidenceInline, WithButtons, pill
from sensors.admin_parts.scope import SiteScoped, VisibleChoices
from sensors.drawing.charts import Chart
from sensors.drawing.pictures import latest_readings
from sensors.intake.limits import usage_of
from sensors.models import (
    ApiKey,
    Asset,
    AssetType,
    Membership,
    Sensor,
    Site,
)
from sensors.models.access import ApiKeyQuerySet
from sensors.waveforms.registering import GOES_ALONG, set_limits, take_along

CRITICALITY_LEVELS = {1: "low", 2: "medium", 3: "high", 4: "critical"}


@admin.register(Site)
class SiteAdmin(SiteScoped, admin.ModelAdmin):
    site_path = "pk"
    list_display = ["name", "code", "time_zone", "assets", "sensors"]
    search_fields = ["code", "name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        counted = super().get_queryset(request)
        return counted.annotate(
            assets_here=Count("assets", distinct=True),
            sensors_here=Count("sensors", distinct=True),
        )

    def site_of(self, row: Site) -> Site:
        return row

    @admin.display(ordering="assets_here")
    def assets(self, site: Any) -> int:
        return site.assets_here

    @admin.display(ordering="sensors_here")
    def sensors(self, site: Any) -> int:
        return site.sensors_here


@admin.register(AssetType)
class AssetTypeAdmin(admin.ModelAdmin):
    list_display = ["name", "code"]
    search_fields = ["code", "name"]


class SensorInline(EvidenceInline):
    model = Sensor
    fields = [
        "kind",
        "unit",
        "location",
        "warning_low",
        "warning_high",
        "alarm_low",
        "alarm_high",
        "retired_at",
    ]


@admin.register(Asset)
class AssetAdmin(SiteScoped, WithButtons):
    list_display = ["tag", "name", "site", "type", "how_critical", "parent"]
    list_select_related = ["site", "type", "parent"]
    list_filter = [("site", VisibleChoices), "criticality", "type"]
    search_fields = ["tag", "name"]
    autocomplete_fields = ["site", "type", "parent"]
    inlines = [SensorInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Asset | None = None) -> list[str]:
        """An asset stays at its site, for so do its sensors and all that they told."""
        return ["site"] if obj else []

    @admin.display(description="criticality", ordering="criticality")
    def how_critical(self, asset: Asset) -> str:
        return pill(CRITICALITY_LEVELS[asset.criticality], asset.get_criticality_display())


@admin.register(Sensor)
class SensorAdmin(SiteScoped, WithButtons):
    list_display = ["code", "asset", "site", "kind", "unit", "location", "in_use"]
    list_select_related = ["asset", "site"]
    list_filter = [("site", VisibleChoices), "kind", InUseFilter]
    search_fields = ["code", "asset__tag", "asset__name", "location"]
    autocomplete_fields = ["site", "asset", "gate"]
    readonly_fields = ["created_at", "derived_from"]
    inlines = [AnalysisInline, BandInline]
    fieldsets = [
        (None, {"fields": ["site", "asset", "code", "kind", "unit", "location", "is_setting"]}),
        (
            "Limits",
            {
                "fields": [
                    ("alarm_low", "warning_low"),
                    ("warning_high", "alarm_high"),
                    ("warning_rate", "alarm_rate"),
                ]
            },
        ),
        (
            "When an anomaly is over",
            {
                "fields": [
                    ("deadband", "deadband_share"),
                    "off_delay",
                    ("re_alarm_after", "auto_clear_after"),
                ]
            },
        ),
        (
            "What else to notice",
            {"fields": ["stuck_for", "detect_noise_gone", "detect_odd_shapes"]},
        ),
        ("While the machine runs", {"fields": ["gate", ("runs_above", "settle_time")]}),
        (
            "Which readings to believe",
            {
                "fields": [
                    ("plausible_low", "plausible_high"),
                    "largest_jump",
                    "stuck_after",
                    "expected_interval",
                ]
            },
        ),
        ("Life", {"fields": ["derived_from", "created_at", "retired_at"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Sensor | None = None) -> list[str]:
        return [*self.readonly_fields, "site"] if obj else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Sensor | None) -> list[Any]:
        """What to make of waveforms, of sensors that may send some."""
        return self.inlines if obj and obj.takes_waveforms else []

    def save_model(self, request: HttpRequest, obj: Sensor, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if GOES_ALONG & set(form.changed_data):
            take_along(obj)

    def save_formset(
        self, request: HttpRequest, form: ModelForm, formset: Any, change: bool
    ) -> None:
        super().save_formset(request, form, formset, change)
        for inline in formset.forms:
            preset = inline.instance and getattr(inline.instance, "severity", None)
            if preset and "severity" in inline.changed_data:
                set_limits(preset, of=form.instance)

    def charts(self, sensor: Sensor) -> list[Chart]:
        return [latest_readings(sensor)]

    # A sensor is retired. To delete it, Django would first load all of its readings.
    def has_delete_permission(self, request: HttpRequest, obj: Sensor | None = None) -> bool:
        return False

    @admin.display(description="in use", boolean=True, ordering="retired_at")
    def in_use(self, sensor: Sensor) -> bool:
        return sensor.retired_at is None


@admin.register(ApiKey)
class ApiKeyAdmin(SiteScoped, WithButtons):
    list_display = ["name", "state", "site", "rights", "used", "expires_at", "prefix"]
    list_select_related = ["site"]
    list_filter = [("site", VisibleChoices), KeyStateFilter]
    search_fields = ["name", "prefix"]
    autocomplete_fields = ["site"]
    fields = [
        "site",
        "name",
        "prefix",
        "can_read",
        "can_ingest",
        "can_register",
        "can_curate",
        "can_work",
        "can_plan",
        "rate_limit",
        "used",
        "expires_at",
        "created_at",
        "revoked_at",
    ]
    readonly_fields = ["prefix", "used", "created_at", "revoked_at"]
    ordering = ["-pk"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[Any]:
        return [name for name in self.fields if obj or name not in self.readonly_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        """A key stays with the site for which it was made."""
        return [*self.readonly_fields, "site"] if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm, change: bool) -> None:
        secret = None if change else obj.take_secret()
        super().save_model(request, obj, form, change)
        if secret:
            told = "The key of {} is <code>{}</code>. Copy it now: it is never shown again."
            messages.warning(request, format_html(told, obj.name, secret))

    # What came in with a key keeps its name; a key is revoked.
    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: ApiKeyQuerySet) -> None:
        self.note(request, keys.filter(revoked_at=None), "Revoked.")
        messages.success(request, f"Revoked {keys.revoke()} key(s).")

    def buttons(self, key: ApiKey) -> dict[str, str]:
        return {} if key.revoked_at else {"revoke": "Revoke"}

    @admin.display
    def rights(self, key: ApiKey) -> str:
        return ", ".join(sorted(key.principal().rights[key.site_id])) or "none"

    @admin.display(description="requests in this period")
    def used(self, key: ApiKey) -> str:
        usage = usage_of(key)
        return f"{usage.count} of {usage.limit}" if usage else "not limited"

    @admin.display
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return pill("quiet", "revoked")
        expired = key.expires_at is not None and key.expires_at <= timezone.now()
        return pill("medium", "expired") if expired else pill("good", "usable")


@admin.register(Membership)
class MembershipAdmin(SiteScoped, admin.ModelAdmin):
    list_display = ["user", "site", "role"]
    list_select_related = ["user", "site"]
    list_filter = [("site", VisibleChoices), "role"]
    search_fields = ["user__username", "user__email", "site__code", "site__name"]
    autocomplete_fields = ["user", "site"]
    ordering = ["-pk"]
