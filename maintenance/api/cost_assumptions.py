"""What people assume a failure costs."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import ActEndpoint
from maintenance.api.sites import site_named
from maintenance.figures.assuming import assume
from maintenance.models import CostAssumption
from sensors.api.aside_serializers import Strict
from sensors.api.authentication import principal
from sensors.api.named import NamedField
from sensors.api.pagination import NewestFirst
from sensors.models import AssetType


class CostAssumptionInSerializer(Strict):
    cost_per_hour = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)
    hours = serializers.DecimalField(max_digits=7, decimal_places=2, min_value=0)
    share_failing = serializers.DecimalField(
        max_digits=4, decimal_places=3, min_value=0, max_value=1, required=False
    )
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class NewCostAssumptionSerializer(CostAssumptionInSerializer):
    """What it is about is said once, when it is made."""

    site = serializers.CharField(max_length=40)
    asset_type: Any = NamedField(
        slug_field="code", queryset=AssetType.objects.all(), required=False, allow_null=True
    )


class CostAssumptionSerializer(serializers.ModelSerializer[CostAssumption]):
    site = serializers.CharField(source="site.code")
    asset_type = serializers.CharField(source="asset_type.code", default=None)
    cost_per_hour = serializers.FloatField()
    hours = serializers.FloatField()
    share_failing = serializers.FloatField()

    class Meta:
        model = CostAssumption
        fields = [
            "id",
            "site",
            "asset_type",
            "cost_per_hour",
            "hours",
            "share_failing",
            "note",
            "changed_by",
            "changed_at",
        ]


class CostAssumptionViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[CostAssumption],
):
    serializer_class = CostAssumptionSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[CostAssumption]:
        visible = CostAssumption.objects.visible_to(principal(self.request))
        return visible.select_related("site", "asset_type")

    def create(self, request: Request) -> Response:
        form = NewCostAssumptionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = dict(form.validated_data)
        said["site"] = site_named(said["site"], principal(request))
        kept = _kept(CostAssumption(), said, request)
        where = {"Location": f"/api/v1/cost-assumptions/{kept.pk}"}
        body = self.get_serializer(kept).data
        return Response(body, status=status.HTTP_201_CREATED, headers=where)

    def partial_update(self, request: Request, pk: str) -> Response:
        form = CostAssumptionInSerializer(data=request.data, partial=True)
        kept = self.get_object()
        form.is_valid(raise_exception=True)
        return Response(self.get_serializer(_kept(kept, form.validated_data, request)).data)


def _kept(assumption: CostAssumption, said: dict[str, Any], request: Request) -> CostAssumption:
    for name, value in said.items():
        setattr(assumption, name, value)
    try:
        assume(assumption, principal(request))
    except ValidationError as exc:
        raise serializers.ValidationError(get_error_detail(exc)) from exc
    return assumption
