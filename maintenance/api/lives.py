"""The lives of assets: what the model of remaining life learns from."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import exceptions, mixins, serializers, status, viewsets
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.models import Life, LivesOverlapError
from sensors.access import Principal, Right
from sensors.api.aside_serializers import Strict
from sensors.api.assets import SiteForm, asset_named
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.pagination import NewestFirst
from sensors.api.parsers import StrictJsonParser
from sensors.api.queries import checked
from sensors.models import Asset


class LivesOverlap(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "lives_overlap"
    default_detail = "Another life of the asset overlaps this one."


class LifeInSerializer(Strict):
    """What may be said of a life; what of it can be so is told by the model."""

    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(required=False, allow_null=True)
    ending = serializers.ChoiceField(Life.Ending.choices, required=False, allow_blank=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class LifeSerializer(serializers.ModelSerializer[Life]):
    asset: Any = serializers.SlugRelatedField(slug_field="tag", read_only=True)
    asset_id = serializers.IntegerField()
    site = serializers.CharField(source="asset.site.code")

    class Meta:
        model = Life
        fields = [
            "id",
            "asset",
            "asset_id",
            "site",
            "started_at",
            "ended_at",
            "ending",
            "note",
            "recorded_by",
            "changed_at",
        ]


class Lives(Endpoint, viewsets.GenericViewSet[Life]):
    serializer_class = LifeSerializer
    pagination_class = NewestFirst
    parser_classes = [StrictJsonParser]

    def get_queryset(self) -> QuerySet[Life]:
        return Life.objects.visible_to(principal(self.request)).select_related("asset__site")


class AssetLivesViewSet(Lives, mixins.ListModelMixin):
    """The lives of one asset, those put down last first."""

    def get_queryset(self) -> QuerySet[Life]:
        return super().get_queryset().filter(asset=self._asset())

    def create(self, request: Request, asset: str) -> Response:
        life = Life(asset=self._asset())
        keep(life, request, partial=False)
        where = {"Location": f"/api/v1/lives/{life.pk}"}
        body = self.get_serializer(life).data
        return Response(body, status=status.HTTP_201_CREATED, headers=where)

    def _asset(self) -> Asset:
        asked = checked(SiteForm, self.request)
        return asset_named(self.kwargs["asset"], asked["site"], principal(self.request))


class LifeViewSet(Lives, mixins.RetrieveModelMixin):
    """One life; how it ended is told by changing it."""

    def partial_update(self, request: Request, pk: int) -> Response:
        life = self.get_object()
        keep(life, request, partial=True)
        return Response(self.get_serializer(life).data)


def keep(life: Life, request: Request, *, partial: bool) -> None:
    """Take over what the request says of a life, and keep it."""
    sender = principal(request)
    _check_may_curate(life.asset, sender)
    said = LifeInSerializer(data=request.data, partial=partial)
    said.is_valid(raise_exception=True)
    for name, value in said.validated_data.items():
        setattr(life, name, value)
    try:
        life.record(by=sender.name)
    except ValidationError as exc:
        raise serializers.ValidationError(get_error_detail(exc)) from exc
    except LivesOverlapError as exc:
        raise LivesOverlap from exc


def _check_may_curate(asset: Asset, sender: Principal) -> None:
    """What may be seen at a site may not be changed there for that alone."""
    allowed = sender.sites(Right.CURATE)
    if allowed is not None and asset.site_id not in allowed:
        raise exceptions.PermissionDenied
