from __future__ import annotations

from django.urls import path

from mlops.api.views import SensorDetectorsView

app_name = "mlops"

urlpatterns = [
    path("sensors/<int:pk>/detectors", SensorDetectorsView.as_view(), name="sensor-detectors"),
]
