"""Maintenance windows: put down, changed and cancelled by who plans."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.anomalies.windows import cancel, put_down
from maintenance.api.acts import ActEndpoint
from maintenance.models import MaintenanceWindow
from maintenance.refusals import InvalidError
from sensors.access import Principal, Right
from sensors.api.aside_serializers import Strict
from sensors.api.assets import asset_named
from sensors.api.authentication import principal
from sensors.api.pagination import NewestFirst
from sensors.models import Site


class WindowFields(Strict):
    """Once from `starts_at` for `duration`, or again by `rrule`. What of it can be so is told
    by the model."""

    asset = serializers.CharField(max_length=60, required=False, allow_null=True)
    reason = serializers.CharField(max_length=200)
    starts_at = serializers.DateTimeField()
    duration = serializers.DurationField()
    rrule = serializers.CharField(max_length=200, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=50, required=False, allow_blank=True)


class WindowInSerializer(WindowFields):
    site = serializers.CharField(max_length=40)


class ChangeInSerializer(WindowFields):
    """What may be changed; `cancelled` ends it for good and stands alone."""

    cancelled = serializers.BooleanField(required=False)

    def validate_cancelled(self, value: bool) -> bool:
        if not value or len(self.initial_data) > 1:
            words = "It is true and stands alone: what was cancelled stays so."
            raise serializers.ValidationError(words, code="stands_alone")
        return value


class MaintenanceWindowSerializer(serializers.ModelSerializer[MaintenanceWindow]):
    site: Any = serializers.SlugRelatedField(slug_field="code", read_only=True)
    asset: Any = serializers.SlugRelatedField(slug_field="tag", read_only=True)

    class Meta:
        model = MaintenanceWindow
        fields = [
            "id",
            "site",
            "asset",
            "reason",
            "starts_at",
            "duration",
            "rrule",
            "time_zone",
            "next_start",
            "next_end",
            "cancelled_at",
            "changed_by",
            "changed_at",
        ]


class WindowFilterSet(filters.FilterSet):
    site = filters.CharFilter(field_name="site__code")
    asset = filters.CharFilter(field_name="asset__tag")
    ahead = filters.BooleanFilter(field_name="next_end", lookup_expr="isnull", exclude=True)

    class Meta:
        model = MaintenanceWindow
        fields: list[str] = []


class MaintenanceWindowViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[MaintenanceWindow],
):
    serializer_class = MaintenanceWindowSerializer
    pagination_class = NewestFirst
    filterset_class = WindowFilterSet

    def get_queryset(self) -> QuerySet[MaintenanceWindow]:
        visible = MaintenanceWindow.objects.visible_to(principal(self.request))
        return visible.select_related("site", "asset")

    def create(self, request: Request) -> Response:
        said = self._said(WindowInSerializer)
        by = principal(request)
        window = MaintenanceWindow(site=_site(said.pop("site"), by))
        self._keep(window, said, by)
        body = self.get_serializer(window).data
        where = {"Location": f"/api/v1/maintenance-windows/{window.pk}"}
        return Response(body, status=status.HTTP_201_CREATED, headers=where)

    def partial_update(self, request: Request, pk: int) -> Response:
        window, by = self.get_object(), principal(request)
        said = self._said(ChangeInSerializer, partial=True)
        if said.get("cancelled"):
            window = cancel(window.pk, by=by)
        else:
            self._keep(window, said, by)
        return Response(self.get_serializer(window).data)

    def _said(self, form: type[Strict], *, partial: bool = False) -> dict[str, Any]:
        said = form(data=self.request.data, partial=partial)
        said.is_valid(raise_exception=True)
        return dict(said.validated_data)

    def _keep(self, window: MaintenanceWindow, said: dict[str, Any], by: Principal) -> None:
        if "asset" in said:
            tag = said.pop("asset")
            window.asset = asset_named(tag, window.site.code, by) if tag else None
        for name, value in said.items():
            setattr(window, name, value)
        try:
            put_down(window, by=by)
        except ValidationError as exc:
            raise serializers.ValidationError(get_error_detail(exc)) from exc


def _site(code: str, by: Principal) -> Site:
    """The site of a code, among those that the asker may see."""
    sites = by.sites(Right.READ)
    found = Site.objects.filter(code=code)
    site = (found if sites is None else found.filter(pk__in=sites)).first()
    if site is None:
        raise InvalidError("unknown_site", f"There is no site {code!r}.")
    return site
