from __future__ import annotations

from django.urls import path

from benchmarks.naive.views import IngestView, SeriesView
from config.health import health

urlpatterns = [
    path("health", health),
    path("ingest", IngestView.as_view()),
    path("series", SeriesView.as_view()),
]
