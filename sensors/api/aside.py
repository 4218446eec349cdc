"""The quarantine and the conflicts: looking at them, and having something done about them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import exceptions, generics, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from sensors.access import Right
from sensors.api.aside_serializers import (
    CurationInSerializer,
    CurationSerializer,
    DiscardInSerializer,
    QuarantinedReadingSerializer,
    ReadingConflictSerializer,
    ResolveInSerializer,
    ResolveOneInSerializer,
)
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.filters import MomentFilter
from sensors.api.parsers import StrictJsonParser
from sensors.aside.curating import NothingWaitingError, ask
from sensors.aside.resolving import ResolvingError, resolve_conflicts
from sensors.models import Curation, QuarantinedReading, ReadingConflict, Site

# Of a plant whose gateways send under new names all the time; the largest groups come first.
MOST_GROUPS = 500


class Orders(Endpoint):
    """An endpoint that is told in JSON what to do."""

    parser_classes = [StrictJsonParser]


class NothingWaiting(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "nothing_waiting"
    default_detail = "No quarantined reading that you may curate is waiting there."


class CannotResolve(exceptions.APIException):
    """Nothing was resolved; the code says why, `ids` because of which conflicts."""

    status_code = status.HTTP_409_CONFLICT

    def __init__(self, error: ResolvingError) -> None:
        super().__init__(str(error), code=error.code)
        self.members = {"ids": error.ids}


class QuarantineFilterSet(filters.FilterSet):
    sensor = filters.CharFilter(field_name="sensor_code")
    site = filters.CharFilter(field_name="site__code")
    batch = filters.NumberFilter(field_name="batch_id")
    since = MomentFilter(field_name="quarantined_at", lookup_expr="gte")

    class Meta:
        model = QuarantinedReading
        fields = ["reason", "state"]


class QuarantineViewSet(Endpoint, viewsets.ReadOnlyModelViewSet[QuarantinedReading]):
    """What was put aside, newest first."""

    serializer_class = QuarantinedReadingSerializer
    filterset_class = QuarantineFilterSet

    def get_queryset(self) -> QuerySet[QuarantinedReading]:
        visible = QuarantinedReading.objects.visible_to(principal(self.request))
        return visible.select_related("site")


class QuarantineSummaryView(Endpoint):
    """How many wait, by site, reason and sensor: what to repair first."""

    def get(self, request: Request) -> Response:
        visible = QuarantinedReading.objects.visible_to(principal(request))
        groups = list(visible.waiting().summary()[: MOST_GROUPS + 1])
        codes = dict(Site.objects.values_list("pk", "code"))
        rows = [
            {
                "site": codes[group["site"]],
                "reason": group["reason"],
                "sensor_id": group["sensor_code"],
                "count": group["count"],
                "first_at": group["first_at"],
                "last_at": group["last_at"],
            }
            for group in groups[:MOST_GROUPS]
        ]
        return Response({"results": rows, "more": len(groups) > MOST_GROUPS})


class CurateView(Orders):
    """Have waiting rows worked off after the answer; the answer says where to look."""

    action: Curation.Action
    serializer_class: type[CurationInSerializer]

    def post(self, request: Request) -> Response:
        asked = self.serializer_class(data=request.data)
        asked.is_valid(raise_exception=True)
        sender = principal(request)
        try:
            curation = ask(
                action=self.action,
                chosen=asked.chosen,
                sites=sender.sites(Right.CURATE),
                asked_by=sender.name,
                note=asked.validated_data["note"],
            )
        except NothingWaitingError as exc:
            raise NothingWaiting from exc
        where = {"Location": f"/api/v1/{self.action.value}s/{curation.pk}"}
        body = CurationSerializer(curation).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers=where)


class ReplayView(CurateView):
    action = Curation.Action.REPLAY
    serializer_class = CurationInSerializer


class DiscardView(CurateView):
    action = Curation.Action.DISCARD
    serializer_class = DiscardInSerializer


class CurationView(Endpoint, generics.RetrieveAPIView[Curation]):
    """How far a replay, or a discard, has come."""

    action = Curation.Action.REPLAY
    serializer_class = CurationSerializer

    def get_queryset(self) -> QuerySet[Curation]:
        return Curation.objects.visible_to(principal(self.request)).filter(action=self.action)


class ConflictFilterSet(filters.FilterSet):
    sensor = filters.CharFilter(field_name="sensor__code")
    site = filters.CharFilter(field_name="site__code")
    batch = filters.NumberFilter(field_name="batch_id")
    open = filters.BooleanFilter(method="of_state")
    since = MomentFilter(field_name="found_at", lookup_expr="gte")
    to = MomentFilter(field_name="taken_at", lookup_expr="lt")

    class Meta:
        model = ReadingConflict
        fields = ["resolution"]

    def of_state(self, conflicts: Any, name: str, value: bool) -> QuerySet[ReadingConflict]:
        return conflicts.open() if value else conflicts.resolved()


# As in filters.py: a word of Python's own.
ConflictFilterSet.base_filters["from"] = MomentFilter(field_name="taken_at", lookup_expr="gte")


class ConflictViewSet(Endpoint, viewsets.ReadOnlyModelViewSet[ReadingConflict]):
    """Second values for moments that had one, newest first."""

    serializer_class = ReadingConflictSerializer
    filterset_class = ConflictFilterSet

    def get_queryset(self) -> QuerySet[ReadingConflict]:
        visible = ReadingConflict.objects.visible_to(principal(self.request))
        return visible.select_related("site", "sensor")


class ConflictResolveView(Orders):
    """Say for many conflicts which value is right: all of them or none."""

    def post(self, request: Request) -> Response:
        asked = ResolveInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return resolved(request, asked.validated_data["ids"], asked.validated_data)


class ConflictResolveOneView(Orders):
    def post(self, request: Request, pk: int) -> Response:
        asked = ResolveOneInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return resolved(request, [pk], asked.validated_data)


def resolved(request: Request, ids: list[int], said: dict[str, Any]) -> Response:
    sender, wanted = principal(request), set(ids)
    mine = ReadingConflict.objects.visible_to(sender, Right.CURATE).filter(pk__in=wanted)
    if mine.count() < len(wanted):
        raise exceptions.NotFound("Not all of these are conflicts that you may resolve.")
    try:
        count = resolve_conflicts(
            ids=wanted, choice=said["choice"], by=sender.name, note=said["note"]
        )
    except ResolvingError as exc:
        raise CannotResolve(exc) from exc
    return Response({"resolved": count, "choice": said["choice"]})
