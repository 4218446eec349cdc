from __future__ import annotations

from typing import Any

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from maintenance.api.lives import AssetLivesViewSet, LifeViewSet
from maintenance.api.notifications import NotificationViewSet
from maintenance.api.notifying import ChannelViewSet, MyPreferencesView, RuleViewSet
from maintenance.api.views import AnomalyViewSet, WorkOrderViewSet

app_name = "maintenance"

router = SimpleRouter(trailing_slash=False)
router.register("anomalies", AnomalyViewSet, basename="anomaly")
router.register("work-orders", WorkOrderViewSet, basename="work-order")

MANY: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update"}

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
    path("channels", ChannelViewSet.as_view(MANY), name="channel-list"),
    path("channels/<int:pk>", ChannelViewSet.as_view(ONE), name="channel-detail"),
    path("channels/<int:pk>/test", ChannelViewSet.as_view({"post": "test"}), name="channel-test"),
    path("notification-rules", RuleViewSet.as_view(MANY), name="notification-rule-list"),
    path("notification-rules/<int:pk>", RuleViewSet.as_view(ONE), name="notification-rule-detail"),
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
