"""Work orders: looking for them, asking for work, and changing what was asked for."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import ActEndpoint, asset_said, said_in
from maintenance.api.whole_orders import made, whole_order
from maintenance.api.work_order_forms import (
    ChangeInSerializer,
    WorkOrderInSerializer,
    with_codes,
)
from maintenance.api.work_order_serializers import WorkOrderSerializer
from maintenance.models import WorkOrder
from maintenance.orders.requesting import ask_for_work, revise
from sensors.api.authentication import principal
from sensors.api.filters import MomentFilter
from sensors.api.pagination import NewestFirst

# How a verification is asked for that is none.
NONE = "none"


class WorkOrderFilterSet(filters.FilterSet):
    asset = filters.CharFilter(field_name="asset__tag")
    site = filters.CharFilter(field_name="asset__site__code")
    open = filters.BooleanFilter(method="that_are_open")
    technician = filters.NumberFilter(field_name="technician__id")
    mine = filters.BooleanFilter(method="of_asker")
    due_before = MomentFilter(field_name="due_at", lookup_expr="lt")
    due_after = MomentFilter(field_name="due_at", lookup_expr="gte")
    deferred = filters.BooleanFilter(method="put_off")
    verification = filters.ChoiceFilter(
        choices=[*WorkOrder.Verification.choices, (NONE, NONE)], method="of_verification"
    )

    class Meta:
        model = WorkOrder
        fields = ["state", "origin", "priority"]

    def that_are_open(self, orders: QuerySet, name: str, value: bool) -> QuerySet:
        return _either(orders, Q(state__in=WorkOrder.OPEN_STATES), value)

    def of_asker(self, orders: QuerySet, name: str, value: bool) -> QuerySet:
        own = WorkOrder.objects.of(principal(self.request)).values("pk")
        return _either(orders, Q(pk__in=own), value)

    def put_off(self, orders: QuerySet, name: str, value: bool) -> QuerySet:
        return _either(orders, Q(deferred_until__gt=timezone.now()), value)

    def of_verification(self, orders: QuerySet, name: str, value: str) -> QuerySet:
        return orders.filter(verification="" if value == NONE else value)


def _either(orders: QuerySet, condition: Q, value: bool) -> QuerySet:
    return orders.filter(condition) if value else orders.exclude(condition)


class WorkOrderViewSet(ActEndpoint, mixins.ListModelMixin, viewsets.GenericViewSet[WorkOrder]):
    serializer_class = WorkOrderSerializer
    pagination_class = NewestFirst
    filterset_class = WorkOrderFilterSet

    def get_queryset(self) -> QuerySet[WorkOrder]:
        visible = WorkOrder.objects.visible_to(principal(self.request))
        shown = visible.select_related("asset__site", "technician")
        return shown.defer("description", "recommendation", "resolution", "decision")

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._whole(self.get_object())

    def create(self, request: Request) -> Response:
        """A request or a corrective order, in the name of who asks for it."""
        said = said_in(WorkOrderInSerializer, request)
        order = ask_for_work(asset_said(said, request), by=principal(request), **said)
        return made(order.pk, principal(request))

    def partial_update(self, request: Request, pk: str) -> Response:
        order = self.get_object()
        said = with_codes(order.asset, said_in(ChangeInSerializer, request))
        revise(order.pk, by=principal(request), changes=said)
        return self._whole(order)

    def _whole(self, order: WorkOrder) -> Response:
        return Response(whole_order(order.pk, principal(self.request)))
