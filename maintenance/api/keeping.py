"""What orders of all sites go by: failure codes, checklists and decision policies."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import exceptions, mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import ActEndpoint, checked_by_the_model, created, said_in
from maintenance.api.keeping_serializers import (
    ChecklistChangeSerializer,
    ChecklistInSerializer,
    ChecklistSerializer,
    CodeChangeSerializer,
    CodeInSerializer,
    CodeSerializer,
    PolicyChangeSerializer,
    PolicyInSerializer,
    PolicySerializer,
)
from maintenance.models import ChecklistTemplate, DecisionPolicy, FailureCode
from maintenance.orders.keeping import keep_checklist, keep_code, keep_policy
from sensors.api.assets import asset_named
from sensors.api.authentication import principal
from sensors.api.pagination import NewestFirst


class SharedRows(
    ActEndpoint, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]
):
    """Rows of no site: all may look, and who plans for all whom they concern keeps them."""

    pagination_class = NewestFirst
    new: type[serializers.Serializer[Any]]
    change: type[serializers.Serializer[Any]]
    keep: Any
    path: str

    def create(self, request: Request) -> Response:
        kept = self._keep(self.get_queryset().model(), said_in(self.new, request))
        return created(self.get_serializer(kept), f"{self.path}/{kept.pk}")

    def partial_update(self, request: Request, pk: str) -> Response:
        row = self.get_object()
        return Response(self.get_serializer(self._keep(row, said_in(self.change, request))).data)

    def _keep(self, row: Any, said: dict[str, Any]) -> Any:
        with checked_by_the_model():
            kept = type(self).keep(row, said, by=principal(self.request))
        return self.get_queryset().get(pk=kept.pk)


class FailureCodeFilterSet(filters.FilterSet):
    """`asset`, with `site` where several have one of the tag, asks for what may be chosen."""

    asset = filters.CharFilter(method="for_asset")
    site = filters.CharFilter(method="with_asset")
    asset_type = filters.CharFilter(field_name="asset_type__code")
    active = filters.BooleanFilter(field_name="is_active")

    class Meta:
        model = FailureCode
        fields = ["aspect", "code"]

    def for_asset(self, codes: Any, name: str, value: str) -> QuerySet:
        asset = asset_named(value, self.data.get("site", ""), principal(self.request))
        found: QuerySet = codes.for_asset(asset)
        return found

    def with_asset(self, codes: QuerySet, name: str, value: str) -> QuerySet:
        if not self.data.get("asset"):
            fault = exceptions.ErrorDetail("It goes with `asset`.", code="asset_needed")
            raise serializers.ValidationError({"site": [fault]})
        return codes


class FailureCodeViewSet(SharedRows):
    serializer_class = CodeSerializer
    filterset_class = FailureCodeFilterSet
    new, change, keep = CodeInSerializer, CodeChangeSerializer, staticmethod(keep_code)
    path = "failure-codes"

    def get_queryset(self) -> QuerySet[FailureCode]:
        return FailureCode.objects.select_related("asset_type")


class OfTypeFilterSet(filters.FilterSet):
    asset_type = filters.CharFilter(field_name="asset_type__code")


class ChecklistViewSet(SharedRows):
    serializer_class = ChecklistSerializer
    filterset_class = OfTypeFilterSet
    new, change = ChecklistInSerializer, ChecklistChangeSerializer
    keep = staticmethod(keep_checklist)
    path = "checklist-templates"

    def get_queryset(self) -> QuerySet[ChecklistTemplate]:
        return ChecklistTemplate.objects.select_related("asset_type").prefetch_related("points")


class DecisionPolicyViewSet(SharedRows):
    serializer_class = PolicySerializer
    filterset_class = OfTypeFilterSet
    new, change, keep = PolicyInSerializer, PolicyChangeSerializer, staticmethod(keep_policy)
    path = "decision-policies"

    def get_queryset(self) -> QuerySet[DecisionPolicy]:
        rows = DecisionPolicy.objects.select_related("asset_type", "checklist")
        return rows.prefetch_related("skills__skill")
