from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import viewsets

from maintenance.api.serializers import WorkOrderSerializer
from maintenance.models import WorkOrder
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.pagination import NewestFirst


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
