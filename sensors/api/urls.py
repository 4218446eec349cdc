from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from sensors.api.readings import ReadingListView
from sensors.api.sensor_series import SensorGapsView, SensorStatsView
from sensors.api.views import DataIngestView, SensorViewSet

app_name = "sensors"

router = SimpleRouter(trailing_slash=False)
router.register("sensors", SensorViewSet, basename="sensor")

urlpatterns = [
    path("data/ingest", DataIngestView.as_view(), name="data-ingest"),
    path("readings", ReadingListView.as_view(), name="reading-list"),
    path("sensors/<int:pk>/stats", SensorStatsView.as_view(), name="sensor-stats"),
    path("sensors/<int:pk>/gaps", SensorGapsView.as_view(), name="sensor-gaps"),
    path("", include(router.urls)),
]
