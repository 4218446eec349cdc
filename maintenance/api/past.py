"""What fixed it the last times: past orders that are like one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.models import WorkOrder
from maintenance.past.similar import similar_to
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.queries import checked

MOST = 20
USUAL = 5


class LimitForm(forms.Form):
    limit = forms.IntegerField(min_value=1, max_value=MOST, required=False)


class PartUsedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    number = serializers.CharField()
    quantity = serializers.DecimalField(max_digits=10, decimal_places=3)


class SimilarSerializer(serializers.Serializer[Any]):
    """`score` is from 0 to 1, and `likeness` what each part gave to it."""

    id = serializers.IntegerField(source="order.pk")
    number = serializers.CharField(source="order.number")
    asset = serializers.CharField(source="order.asset.tag")
    site = serializers.CharField(source="order.asset.site.code")
    title = serializers.CharField(source="order.title")
    score = serializers.FloatField(source="likeness.score")
    likeness = serializers.DictField(source="likeness.parts")
    found_fault = serializers.CharField(source="order.found_fault")
    failure_mode = serializers.CharField(source="order.failure_mode.code", default=None)
    failure_cause = serializers.CharField(source="order.failure_cause.code", default=None)
    remedy = serializers.CharField(source="order.remedy.code", default=None)
    resolution = serializers.CharField(source="order.resolution")
    parts = PartUsedSerializer(source="order.parts", many=True)
    completed_at = serializers.DateTimeField(source="order.completed_at")
    hours = serializers.SerializerMethodField()
    labour_hours = serializers.FloatField()

    def get_hours(self, similar: Any) -> float | None:
        """From start to completion."""
        return similar.took.total_seconds() / 3_600 if similar.took else None


class SimilarView(Endpoint, viewsets.GenericViewSet[WorkOrder]):
    """The past orders most like an order, the most alike first."""

    def get_queryset(self) -> QuerySet[WorkOrder]:
        return WorkOrder.objects.visible_to(principal(self.request)).select_related("asset")

    def retrieve(self, request: Request, pk: int) -> Response:
        limit = checked(LimitForm, request)["limit"] or USUAL
        found = similar_to(self.get_object(), principal(request), limit)
        return Response({"results": SimilarSerializer(found, many=True).data})
