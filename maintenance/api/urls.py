from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from maintenance.api.views import AnomalyViewSet, WorkOrderViewSet

app_name = "maintenance"

router = SimpleRouter(trailing_slash=False)
router.register("anomalies", AnomalyViewSet, basename="anomaly")
router.register("work-orders", WorkOrderViewSet, basename="work-order")

urlpatterns = [path("", include(router.urls))]
