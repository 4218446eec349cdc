from __future__ import annotations

from django.urls import path

from sensors.api.influx import LineWriteV2

app_name = "sensors-v2"

urlpatterns = [path("write", LineWriteV2.as_view(), name="line-write")]
