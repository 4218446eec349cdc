from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import viewsets

from maintenance.api.serializers import AnomalySerializer, WorkOrderSerializer
from maintenance.models import Anomaly, Severity, WorkOrder
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.filters import MomentFilter
from sensors.api.pagination import NewestFirst

SEVERITY_WORDS = [(severity.name.lower(), severity.label) for severity in Severity]


def severity_named(word: str) -> Severity:
    return Severity[word.upper()]


class AnomalyFilterSet(filters.FilterSet):
    asset = filters.CharFilter(field_name="asset__tag")
    sensor = filters.CharFilter(field_name="sensor__code")
    active = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull")
    severity = filters.TypedChoiceFilter(choices=SEVERITY_WORDS, coerce=severity_named)
    severity_worst = filters.TypedChoiceFilter(choices=SEVERITY_WORDS, coerce=severity_named)
    since = MomentFilter(field_name="detected_at", lookup_expr="gte")

    class Meta:
        model = Anomaly
        fields = ["kind"]


class AnomalyViewSet(Endpoint, viewsets.ReadOnlyModelViewSet[Anomaly]):
    serializer_class = AnomalySerializer
    pagination_class = NewestFirst
    filterset_class = AnomalyFilterSet

    def get_queryset(self) -> QuerySet[Anomaly]:
        visible = Anomaly.objects.visible_to(principal(self.request))
        return (
            visible.with_plant().select_related("work_order").prefetch_related("symptoms__sensor")
        )


class WorkOrderFilterSet(filters.FilterSet):
    asset = filters.CharFilter(field_name="asset__tag")

    class Meta:
        model = WorkOrder
        fields = ["state", "origin", "priority"]


class WorkOrderViewSet(Endpoint, viewsets.ReadOnlyModelViewSet[WorkOrder]):
    serializer_class = WorkOrderSerializer
    pagination_class = NewestFirst
    filterset_class = WorkOrderFilterSet

    def get_queryset(self) -> QuerySet[WorkOrder]:
        visible = WorkOrder.objects.visible_to(principal(self.request))
        return visible.select_related("asset").prefetch_related("notifications")
