from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from sensors.api.aside import (
    ConflictResolveOneView,
    ConflictResolveView,
    ConflictViewSet,
    CurationView,
    DiscardView,
    QuarantineSummaryView,
    QuarantineViewSet,
    ReplayView,
)
from sensors.api.influx import LineWriteV1, PingView, QueryView
from sensors.api.readings import ReadingListView
from sensors.api.sensor_series import SensorGapsView, SensorStatsView
from sensors.api.views import DataIngestView, SensorViewSet
from sensors.api.waveforms import WaveformListView, WaveformView
from sensors.models import Curation

app_name = "sensors"

router = SimpleRouter(trailing_slash=False)
router.register("sensors", SensorViewSet, basename="sensor")
router.register("quarantine", QuarantineViewSet, basename="quarantine")
router.register("conflicts", ConflictViewSet, basename="conflict")

urlpatterns = [
    path("data/ingest", DataIngestView.as_view(), name="data-ingest"),
    path("write", LineWriteV1.as_view(), name="line-write"),
    path("query", QueryView.as_view(), name="line-query"),
    path("ping", PingView.as_view(), name="line-ping"),
    path("readings", ReadingListView.as_view(), name="reading-list"),
    path("quarantine/summary", QuarantineSummaryView.as_view(), name="quarantine-summary"),
    path("quarantine/replay", ReplayView.as_view(), name="quarantine-replay"),
    path("quarantine/discard", DiscardView.as_view(), name="quarantine-discard"),
    path("replays/<int:pk>", CurationView.as_view(), name="replay-detail"),
    path(
        "discards/<int:pk>",
        CurationView.as_view(action=Curation.Action.DISCARD),
        name="discard-detail",
    ),
    path("conflicts/resolve", ConflictResolveView.as_view(), name="conflict-resolve"),
    path(
        "conflicts/<int:pk>/resolve", ConflictResolveOneView.as_view(), name="conflict-resolve-one"
    ),
    path("sensors/<int:pk>/stats", SensorStatsView.as_view(), name="sensor-stats"),
    path("sensors/<int:pk>/gaps", SensorGapsView.as_view(), name="sensor-gaps"),
    path("sensors/<int:pk>/waveforms", WaveformListView.as_view(), name="sensor-waveforms"),
    path(
        "sensors/<int:pk>/waveforms/<int:waveform>", WaveformView.as_view(), name="sensor-waveform"
    ),
    path("", include(router.urls)),
]
