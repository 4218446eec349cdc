"""What endpoints have in common that are about one work order."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import mixins, viewsets
from rest_framework.request import Request

from maintenance.api.acts import ActEndpoint
from maintenance.models import Technician, WorkOrder
from maintenance.refusals import RefusedError
from sensors.api.authentication import principal
from sensors.api.pagination import NewestFirst


class OrderView(ActEndpoint):
    def order(self, request: Request, pk: int) -> WorkOrder:
        visible = WorkOrder.objects.visible_to(principal(request)).select_related("asset__site")
        return get_object_or_404(visible, pk=pk)

    def technician(self, pk: int | None, order: WorkOrder) -> Technician | None:
        """One of the order's site. Raises RefusedError if there is no such."""
        if pk is None:
            return None
        found = Technician.objects.active().filter(pk=pk, site=order.asset.site_id).first()
        if found is None:
            raise RefusedError("unknown_technician", "No active technician of the site is that.")
        return found


class RowsOfOrder(OrderView, mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Rows of one order that the asker may see, the newest first.

    `rows` is what the order calls them.
    """

    pagination_class: type[NewestFirst] | None = NewestFirst
    filter_backends = []
    rows: str

    @cached_property
    def of_order(self) -> WorkOrder:
        return self.order(self.request, self.kwargs["pk"])

    def get_queryset(self) -> QuerySet[Any]:
        found: QuerySet[Any] = getattr(self.of_order, self.rows).all()
        return found
