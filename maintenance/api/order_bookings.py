"""What carrying out an order took: hours, parts and standstill."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import created, said_in
from maintenance.api.execution_serializers import (
    DowntimeEndSerializer,
    DowntimeInSerializer,
    DowntimeSerializer,
    LabourInSerializer,
    LabourSerializer,
    PartUsedInSerializer,
    PartUsedSerializer,
)
from maintenance.api.of_orders import RowsOfOrder
from maintenance.orders.booking import book_labour, book_part, end_downtime, record_downtime
from sensors.access import Right
from sensors.api.authentication import principal


class LabourViewSet(RowsOfOrder):
    serializer_class = LabourSerializer
    rows = "labour"

    def get_serializer_context(self) -> dict[str, Any]:
        site_id = self.of_order.asset.site_id
        plans = principal(self.request).may_at(Right.PLAN, site_id)
        return {**super().get_serializer_context(), "with_rates": plans}

    def create(self, request: Request, pk: int) -> Response:
        order, said = self.of_order, said_in(LabourInSerializer, request)
        said["technician"] = self.technician(said["technician"], order)
        return created(self.get_serializer(book_labour(order.pk, by=principal(request), **said)))


class PartsViewSet(RowsOfOrder):
    serializer_class = PartUsedSerializer
    rows = "parts"

    def create(self, request: Request, pk: int) -> Response:
        order, said = self.of_order, said_in(PartUsedInSerializer, request)
        return created(self.get_serializer(book_part(order.pk, by=principal(request), **said)))


class DowntimeViewSet(RowsOfOrder):
    serializer_class = DowntimeSerializer
    rows = "downtime"

    def create(self, request: Request, pk: int) -> Response:
        order, said = self.of_order, said_in(DowntimeInSerializer, request)
        kept = record_downtime(order.pk, by=principal(request), **said)
        where = f"work-orders/{order.pk}/downtime/{kept.pk}"
        return created(self.get_serializer(kept), where)

    def retrieve(self, request: Request, pk: int, row: int) -> Response:
        return Response(self.get_serializer(get_object_or_404(self.get_queryset(), pk=row)).data)

    def partial_update(self, request: Request, pk: int, row: int) -> Response:
        """Say since when the asset runs again."""
        get_object_or_404(self.get_queryset(), pk=row)
        said = said_in(DowntimeEndSerializer, request)
        kept = end_downtime(pk, row, by=principal(request), **said)
        return Response(self.get_serializer(kept).data)
