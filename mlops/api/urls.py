from __future__ import annotations

from django.urls import path

from mlops.api.views import AssetHealthView, SensorForecastView

app_name = "mlops"

urlpatterns = [
    path("sensors/<int:pk>/forecast", SensorForecastView.as_view(), name="sensor-forecast"),
    # A tag may have a slash in it.
    path("assets/<path:asset>/health", AssetHealthView.as_view(), name="asset-health"),
]
