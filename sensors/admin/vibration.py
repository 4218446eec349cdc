"""Waveforms on the page of their sensor, and what to know of the machine to judge them."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from sensors.admin_parts.pages import panel_of, pill, rendered
from sensors.admin_parts.scope import SiteScoped
from sensors.drawing.waveforms import of_envelope, over_time
from sensors.models import Bearing, FrequencyBand, Sensor, SeverityPreset, WaveformAnalysis
from sensors.vibration.severity_zones import Zone
from sensors.waveforms.looking import look_at
from sensors.waveforms.registering import set_limits

LEVEL_OF = {Zone.A: "good", Zone.B: "good", Zone.C: "medium", Zone.D: "critical"}


@admin.register(Bearing)
class BearingAdmin(admin.ModelAdmin):
    list_display = [
        "name",
        "rolling_elements",
        "element_diameter",
        "pitch_diameter",
        "contact_angle",
    ]
    search_fields = ["name"]


@admin.register(SeverityPreset)
class SeverityPresetAdmin(admin.ModelAdmin):
    list_display = ["name", "a_to_b", "b_to_c", "c_to_d"]
    search_fields = ["name"]

    def save_model(
        self, request: HttpRequest, obj: SeverityPreset, form: forms.ModelForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        set_limits(obj)


class AnalysisInline(SiteScoped, admin.StackedInline):
    model = WaveformAnalysis
    fk_name = "sensor"
    site_path = "sensor__site"
    autocomplete_fields = ["bearing", "speed_sensor"]
    fields = ["bearing", ("rpm", "speed_sensor"), "severity"]
    extra = 0


class BandInline(SiteScoped, admin.TabularInline):
    model = FrequencyBand
    site_path = "sensor__site"
    extra = 0
    verbose_name_plural = "frequency bands (without any: low, middle and high)"


@panel_of(Sensor)
def newest_waveform(sensor: Sensor) -> SafeString:
    """The newest waveform as pictures and figures; nothing where none came."""
    stored = sensor.waveforms.order_by("-taken_at").first()
    if stored is None:
        return SafeString("")
    look = look_at(stored)
    severity = look.severity
    charts = [over_time(look), of_envelope(look)]
    return rendered(
        "sensors/waveform.html",
        stored=stored,
        charts=[chart for chart in charts if chart],
        features=[(name, f"{v:.4g} {unit}") for name, (v, unit) in look.features.items()],
        zone_of=severity and pill(LEVEL_OF[severity[1]], f"zone {severity[1].name}"),
        severity=severity,
        zone=sensor.site.zone,
    )
