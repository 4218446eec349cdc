"""What was said to whom, and what came of it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import ActEndpoint
from maintenance.api.anomaly_serializers import SeverityField
from maintenance.models import DeliveryAttempt, Notification
from maintenance.notifying.resending import resend
from sensors.access import Right
from sensors.api.authentication import principal
from sensors.api.filters import MomentFilter
from sensors.api.pagination import NewestFirst

Slug = serializers.SlugRelatedField[Any]


class NotificationFilterSet(filters.FilterSet):
    site = filters.CharFilter(field_name="site__code")
    asset = filters.CharFilter(field_name="asset__tag")
    since = MomentFilter(field_name="created_at", lookup_expr="gte")

    class Meta:
        model = Notification
        fields = ["status", "event", "channel"]


class AttemptSerializer(serializers.ModelSerializer[DeliveryAttempt]):
    took_seconds = serializers.SerializerMethodField()

    class Meta:
        model = DeliveryAttempt
        fields = ["at", "took_seconds", "outcome", "status_code", "answer", "error"]

    def get_took_seconds(self, attempt: DeliveryAttempt) -> float:
        return round(attempt.took.total_seconds(), 3)


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """Where it went, and what the other side said, is for those who plan at the site."""

    site: Slug = serializers.SlugRelatedField(slug_field="code", read_only=True)
    asset: Slug = serializers.SlugRelatedField(slug_field="tag", read_only=True)
    anomaly: Any = serializers.PrimaryKeyRelatedField(read_only=True)
    work_order: Slug = serializers.SlugRelatedField(slug_field="number", read_only=True)
    severity = SeverityField()
    told_with: Any = serializers.PrimaryKeyRelatedField(read_only=True)
    delivery_attempts = serializers.SerializerMethodField()

    FOR_PLANNERS = ("recipient", "error")

    class Meta:
        model = Notification
        fields = [
            "id",
            "site",
            "asset",
            "anomaly",
            "work_order",
            "event",
            "repeat",
            "severity",
            "detail",
            "channel",
            "recipient",
            "status",
            "error",
            "attempts",
            "next_attempt_at",
            "created_at",
            "sent_at",
            "told_with",
            "delivery_attempts",
        ]

    def get_delivery_attempts(self, row: Notification) -> Any:
        """Those of the message in which it was told."""
        message = row.told_with or row
        return AttemptSerializer(message.delivery_attempts.all(), many=True).data

    def to_representation(self, row: Notification) -> dict[str, Any]:
        shown = super().to_representation(row)
        asker = principal(self.context["request"])
        if row.site_id is not None and not asker.may_at(Right.PLAN, row.site_id):
            shown |= dict.fromkeys(self.FOR_PLANNERS)
            hidden = {"answer": None, "error": None}
            shown["delivery_attempts"] = [made | hidden for made in shown["delivery_attempts"]]
        return shown


class NotificationViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Notification],
):
    serializer_class = NotificationSerializer
    pagination_class = NewestFirst
    filterset_class = NotificationFilterSet

    def get_queryset(self) -> QuerySet[Notification]:
        rows = Notification.objects.visible_to(principal(self.request))
        rows = rows.select_related("site", "asset", "work_order", "told_with")
        return rows.prefetch_related("delivery_attempts", "told_with__delivery_attempts")

    def resend(self, request: Request, pk: int) -> Response:
        """Send once more what failed."""
        resend(self.get_object().pk, by=principal(request))
        row = self.get_queryset().get(pk=pk)
        return Response(self.get_serializer(row).data, status=status.HTTP_202_ACCEPTED)
