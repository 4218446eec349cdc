from __future__ import annotations

from typing import Any

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from maintenance.api.anomalies import AnomalyViewSet
from maintenance.api.calendar_feeds import CalendarFeedViewSet
from maintenance.api.cost_assumptions import CostAssumptionViewSet
from maintenance.api.escalation_policies import EscalationPolicyViewSet
from maintenance.api.keeping import (
    ChecklistViewSet,
    DecisionPolicyViewSet,
    FailureCodeViewSet,
)
from maintenance.api.kpis import KpiRowsView, KpiView
from maintenance.api.lives import AssetLivesViewSet, LifeViewSet
from maintenance.api.notifications import NotificationViewSet
from maintenance.api.notifying import ChannelViewSet, MyPreferencesView, RuleViewSet
from maintenance.api.order_bookings import DowntimeViewSet, LabourViewSet, PartsViewSet
from maintenance.api.order_moves import DecisionsViewSet, TransitionsViewSet
from maintenance.api.order_papers import AttachmentsViewSet, CommentsViewSet, PointsViewSet
from maintenance.api.past import SimilarView
from maintenance.api.people import (
    AbsenceViewSet,
    CalendarViewSet,
    HolidayViewSet,
    TechnicianAbsencesViewSet,
    TechnicianViewSet,
)
from maintenance.api.plans import GenerateView, OccurrenceViewSet, PlanViewSet, PreviewView
from maintenance.api.reports import ReportViewSet
from maintenance.api.schedule import BookView, ScheduleView, SitePlanViewSet, SlotsView, UnbookView
from maintenance.api.windows import MaintenanceWindowViewSet
from maintenance.api.work_orders import WorkOrderViewSet

app_name = "maintenance"

router = SimpleRouter(trailing_slash=False)
router.register("anomalies", AnomalyViewSet, basename="anomaly")
router.register("checklist-templates", ChecklistViewSet, basename="checklist-template")
router.register("cost-assumptions", CostAssumptionViewSet, basename="cost-assumption")
router.register("decision-policies", DecisionPolicyViewSet, basename="decision-policy")
router.register("failure-codes", FailureCodeViewSet, basename="failure-code")
router.register("maintenance-windows", MaintenanceWindowViewSet, basename="maintenance-window")
router.register("reports", ReportViewSet, basename="report")
router.register("holidays", HolidayViewSet, basename="holiday")
router.register("schedule/plan", SitePlanViewSet, basename="site-plan")
router.register("technicians", TechnicianViewSet, basename="technician")
router.register("working-calendars", CalendarViewSet, basename="working-calendar")
router.register("work-orders", WorkOrderViewSet, basename="work-order")

MANY: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update"}

# What hangs on an order, each list under its own name.
OF_ORDER = {
    "transitions": TransitionsViewSet,
    "decisions": DecisionsViewSet,
    "labour": LabourViewSet,
    "parts": PartsViewSet,
    "downtime": DowntimeViewSet,
    "comments": CommentsViewSet,
    "attachments": AttachmentsViewSet,
    "checklist": PointsViewSet,
}
of_order = [
    *(
        path(rows, view.as_view(MANY), name=f"work-order-{rows}")
        for rows, view in OF_ORDER.items()
    ),
    path("downtime/<int:row>", DowntimeViewSet.as_view(ONE), name="work-order-downtime-row"),
    path(
        "attachments/<int:row>",
        AttachmentsViewSet.as_view({"get": "retrieve"}),
        name="work-order-attachment",
    ),
    path(
        "checklist/<int:position>",
        PointsViewSet.as_view({"patch": "partial_update"}),
        name="work-order-checklist-point",
    ),
]

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
    path("plans", PlanViewSet.as_view({"get": "list", "post": "create"}), name="plan-list"),
    path(
        "plans/<int:pk>",
        PlanViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="plan-detail",
    ),
    path(
        "plans/<int:pk>/generate", GenerateView.as_view({"post": "create"}), name="plan-generate"
    ),
    path("plans/<int:pk>/preview", PreviewView.as_view({"get": "retrieve"}), name="plan-preview"),
    path(
        "plans/<int:pk>/occurrences",
        OccurrenceViewSet.as_view({"get": "list"}),
        name="plan-occurrences",
    ),
    path(
        "work-orders/<int:pk>/similar",
        SimilarView.as_view({"get": "retrieve"}),
        name="work-order-similar",
    ),
    path(
        "technicians/<int:pk>/absences",
        TechnicianAbsencesViewSet.as_view({"get": "list", "post": "create"}),
        name="technician-absences",
    ),
    path(
        "absences/<int:pk>",
        AbsenceViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="absence-detail",
    ),
    path("work-orders/<int:pk>/", include(of_order)),
    path("schedule", ScheduleView.as_view(), name="schedule-list"),
    path("work-orders/<int:pk>/slots", SlotsView.as_view(), name="work-order-slots"),
    path("work-orders/<int:pk>/schedule", BookView.as_view(), name="work-order-schedule"),
    path("work-orders/<int:pk>/unschedule", UnbookView.as_view(), name="work-order-unschedule"),
    path(
        "calendar-feeds",
        CalendarFeedViewSet.as_view({"get": "list", "post": "create"}),
        name="calendar-feed-list",
    ),
    path(
        "calendar-feeds/<int:pk>",
        CalendarFeedViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="calendar-feed-detail",
    ),
    path("channels", ChannelViewSet.as_view(MANY), name="channel-list"),
    path("channels/<int:pk>", ChannelViewSet.as_view(ONE), name="channel-detail"),
    path("channels/<int:pk>/test", ChannelViewSet.as_view({"post": "test"}), name="channel-test"),
    path("notification-rules", RuleViewSet.as_view(MANY), name="notification-rule-list"),
    path("notification-rules/<int:pk>", RuleViewSet.as_view(ONE), name="notification-rule-detail"),
    path(
        "escalation-policies", EscalationPolicyViewSet.as_view(MANY), name="escalation-policy-list"
    ),
    path(
        "escalation-policies/<int:pk>",
        EscalationPolicyViewSet.as_view(ONE),
        name="escalation-policy-detail",
    ),
    path("notifications", NotificationViewSet.as_view({"get": "list"}), name="notification-list"),
    path(
        "notifications/<int:pk>",
        NotificationViewSet.as_view({"get": "retrieve"}),
        name="notification-detail",
    ),
    path(
        "notifications/<int:pk>/resend",
        NotificationViewSet.as_view({"post": "resend"}),
        name="notification-resend",
    ),
    path("me/preferences", MyPreferencesView.as_view(), name="my-preferences"),
    path("", include(router.urls)),
]
