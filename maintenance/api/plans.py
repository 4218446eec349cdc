"""Preventive plans: what is done again and again, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import exceptions, mixins, serializers, status, viewsets
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import ActEndpoint, asset_said
from maintenance.api.plans_serializers import (
    OccurrenceSerializer,
    PlanChangeInSerializer,
    PlanInSerializer,
    PlanSerializer,
    PreviewSerializer,
)
from maintenance.api.whole_orders import made
from maintenance.models import Occurrence, Plan
from maintenance.plans.generating import generate_now
from maintenance.plans.keeping import RowError, add_plan, change_plan
from maintenance.plans.previewing import MOST_MONTHS, preview
from sensors.api.aside_serializers import Strict
from sensors.api.authentication import principal
from sensors.api.pagination import NewestFirst
from sensors.api.queries import checked
from sensors.models import Asset, Sensor


class PlanFilterSet(filters.FilterSet):
    asset = filters.CharFilter(field_name="asset__tag")
    site = filters.CharFilter(field_name="asset__site__code")
    active = filters.BooleanFilter(field_name="is_active")

    class Meta:
        model = Plan
        fields: list[str] = []


class PlanViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Plan],
):
    serializer_class = PlanSerializer
    pagination_class = NewestFirst
    filterset_class = PlanFilterSet

    def get_queryset(self) -> QuerySet[Plan]:
        return Plan.objects.visible_to(principal(self.request)).with_triggers()

    def create(self, request: Request) -> Response:
        said = PlanInSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        asset = asset_said(said.validated_data, request)
        told = _with_sensors(said.validated_data, asset)
        plan = _kept(lambda: add_plan(asset, told, principal(request), timezone.now()))
        where = {"Location": f"/api/v1/plans/{plan.pk}"}
        return Response(self._body(plan), status=status.HTTP_201_CREATED, headers=where)

    def partial_update(self, request: Request, pk: int) -> Response:
        plan = self.get_object()
        said = PlanChangeInSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        told = _with_sensors(said.validated_data, plan.asset)
        _kept(lambda: change_plan(plan.pk, told, principal(request), timezone.now()))
        return Response(self._body(plan))

    def _body(self, plan: Plan) -> Any:
        """As it is stored, with the dates that follow from it."""
        return self.get_serializer(self.get_queryset().get(pk=plan.pk)).data


class GenerateView(ActEndpoint, viewsets.GenericViewSet[Plan]):
    """Make an order of a plan now."""

    def get_queryset(self) -> QuerySet[Plan]:
        return Plan.objects.visible_to(principal(self.request))

    def create(self, request: Request, pk: int) -> Response:
        Strict(data=request.data).is_valid(raise_exception=True)
        plan = self.get_object()
        order = generate_now(plan.pk, principal(request), timezone.now())
        return made(order.pk, principal(request))


class MonthsForm(forms.Form):
    months = forms.IntegerField(min_value=1, max_value=MOST_MONTHS, required=False)


class PreviewView(ActEndpoint, viewsets.GenericViewSet[Plan]):
    """The dates of a plan in the months to come, 12 if not said otherwise."""

    def get_queryset(self) -> QuerySet[Plan]:
        return Plan.objects.visible_to(principal(self.request)).with_triggers()

    def retrieve(self, request: Request, pk: int) -> Response:
        months = checked(MonthsForm, request)["months"] or 12
        return Response(PreviewSerializer(preview(self.get_object(), timezone.now(), months)).data)


class OccurrenceViewSet(ActEndpoint, mixins.ListModelMixin, viewsets.GenericViewSet[Occurrence]):
    """What became of the dates of one plan, those seen to last first."""

    serializer_class = OccurrenceSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Occurrence]:
        visible = Plan.objects.visible_to(principal(self.request))
        plan = visible.filter(pk=self.kwargs["pk"]).first()
        if plan is None:
            raise exceptions.NotFound
        return plan.occurrences.select_related("order")


def _with_sensors(said: dict[str, Any], asset: Asset) -> dict[str, Any]:
    """The same with sensors of the asset's site in place of their codes."""
    if "meters" not in said:
        return said
    codes = {meter["sensor_id"] for meter in said["meters"]}
    known = Sensor.objects.filter(site=asset.site_id, code__in=codes).in_bulk(field_name="pk")
    by_code = {sensor.code: sensor for sensor in known.values()}
    meters = []
    for place, meter in enumerate(said["meters"]):
        sensor = by_code.get(meter["sensor_id"])
        if sensor is None:
            fault = serializers.ErrorDetail("There is no such sensor.", code="unknown_sensor")
            raise serializers.ValidationError({"meters": {str(place): {"sensor_id": [fault]}}})
        counted = {"amount": meter["counted"]} if "counted" in meter else {}
        named = {name: meter[name] for name in ("measure", "level", "every")}
        meters.append({"sensor": sensor} | named | counted)
    return said | {"meters": meters}


def _kept(keep: Callable[[], Plan]) -> Plan:
    """What the rules find wrong with a plan, in the API's words."""
    try:
        return keep()
    except ValidationError as exc:
        raise serializers.ValidationError(get_error_detail(exc)) from exc
    except RowError as exc:
        fault = get_error_detail(exc.fault)
        raise serializers.ValidationError({exc.name: {str(exc.place): fault}}) from exc
