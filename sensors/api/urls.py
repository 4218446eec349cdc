from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from sensors.api.influx import LineWriteV1, PingView, QueryView
from sensors.api.views import DataIngestView, ReadingListView, SensorViewSet

app_name = "sensors"

router = SimpleRouter(trailing_slash=False)
router.register("sensors", SensorViewSet, basename="sensor")

urlpatterns = [
    path("data/ingest", DataIngestView.as_view(), name="data-ingest"),
    path("write", LineWriteV1.as_view(), name="line-write"),
    path("query", QueryView.as_view(), name="line-query"),
    path("ping", PingView.as_view(), name="line-ping"),
    path("readings", ReadingListView.as_view(), name="reading-list"),
    path("", include(router.urls)),
]
