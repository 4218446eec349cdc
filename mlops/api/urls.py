from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from mlops.api.backtests import BacktestViewSet
from mlops.api.detection import DetectView

app_name = "mlops"

router = SimpleRouter(trailing_slash=False)
router.register("ml/backtests", BacktestViewSet, basename="backtest")

urlpatterns = [
    path("ml/detect", DetectView.as_view(), name="reading-detect"),
    path("", include(router.urls)),
]
