"""The page of a sensor, with what watches it; the page itself knows nothing of detectors."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html_join

from mlops.learning.progress import all_progress_of, in_words
from mlops.models import SensorState
from sensors.admin.plant import SensorAdmin
from sensors.admin_parts.times import NOTHING
from sensors.models import Sensor


class WatchedSensorAdmin(SensorAdmin):
    list_display = [*SensorAdmin.list_display, "detectors"]
    list_select_related = [*SensorAdmin.list_select_related, "detector_state", "shape_look"]
    readonly_fields = [*SensorAdmin.readonly_fields, "progress"]
    fieldsets = [
        *SensorAdmin.fieldsets[:-1],
        ("Detectors", {"fields": ["progress"]}),
        SensorAdmin.fieldsets[-1],
    ]

    @admin.display(description="detectors")
    def detectors(self, sensor: Sensor) -> str:
        if sensor.retired_at:
            return NOTHING
        return in_words(all_progress_of(sensor, state_of(sensor)))

    @admin.display(description="how far they are")
    def progress(self, sensor: Sensor) -> str:
        found = all_progress_of(sensor, state_of(sensor))
        return format_html_join("", "{}<br>", [(str(progress),) for progress in found])


def state_of(sensor: Sensor) -> SensorState | None:
    return getattr(sensor, "detector_state", None)


admin.site.unregister(Sensor)
admin.site.register(Sensor, WatchedSensorAdmin)
