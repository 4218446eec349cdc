from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from mlops.api.backtests import BacktestViewSet
from mlops.api.detection import DetectView
from mlops.api.learning import SensorDetectorsView
from mlops.api.views import AssetHealthView, SensorForecastView

app_name = "mlops"

router = SimpleRouter(trailing_slash=False)
router.register("ml/backtests", BacktestViewSet, basename="backtest")

urlpatterns = [
    path("ml/detect", DetectView.as_view(), name="reading-detect"),
    path("sensors/<int:pk>/detectors", SensorDetectorsView.as_view(), name="sensor-detectors"),
    path("sensors/<int:pk>/forecast", SensorForecastView.as_view(), name="sensor-forecast"),
    # A tag may have a slash in it.
    path("assets/<path:asset>/health", AssetHealthView.as_view(), name="asset-health"),
    path("", include(router.urls)),
]
