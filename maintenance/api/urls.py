from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from maintenance.api.anomalies import AnomalyViewSet
from maintenance.api.cost_assumptions import CostAssumptionViewSet
from maintenance.api.kpis import KpiRowsView, KpiView
from maintenance.api.lives import AssetLivesViewSet, LifeViewSet
from maintenance.api.reports import ReportViewSet
from maintenance.api.views import WorkOrderViewSet
from maintenance.api.windows import MaintenanceWindowViewSet

app_name = "maintenance"

router = SimpleRouter(trailing_slash=False)
router.register("anomalies", AnomalyViewSet, basename="anomaly")
router.register("cost-assumptions", CostAssumptionViewSet, basename="cost-assumption")
router.register("maintenance-windows", MaintenanceWindowViewSet, basename="maintenance-window")
router.register("reports", ReportViewSet, basename="report")
router.register("work-orders", WorkOrderViewSet, basename="work-order")

urlpatterns = [
    # A tag may have a slash in it.
    path(
        "assets/<path:asset>/lives",
        AssetLivesViewSet.as_view({"get": "list", "post": "create"}),
        name="asset-lives",
    ),
    path(
        "lives/<int:pk>",
        LifeViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="life-detail",
    ),
    path("kpis", KpiView.as_view(), name="kpi-list"),
    path("kpis/<str:name>/rows", KpiRowsView.as_view(), name="kpi-rows"),
    path("", include(router.urls)),
]
