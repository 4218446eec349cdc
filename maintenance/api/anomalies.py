"""Anomalies: looking at them, and doing what a person can do about one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.anomalies.acknowledging import acknowledge, unacknowledge
from maintenance.anomalies.clearing import clear
from maintenance.anomalies.judging import assign, give_verdict, merge
from maintenance.anomalies.shelving import shelve, unshelve
from maintenance.api.acts import ActEndpoint
from maintenance.api.anomaly_serializers import (
    AnomalySerializer,
    AnomalyWithLogSerializer,
    AssignInSerializer,
    ClearInSerializer,
    MergeInSerializer,
    NoteInSerializer,
    ShelveInSerializer,
    VerdictInSerializer,
)
from maintenance.api.whole_orders import made
from maintenance.models import Anomaly, Severity
from maintenance.orders.from_anomaly import create_work_order
from maintenance.refusals import InvalidError
from sensors.api.aside_serializers import Strict
from sensors.api.authentication import principal
from sensors.api.filters import MomentFilter
from sensors.api.pagination import NewestFirst

SEVERITY_WORDS = [(severity.name.lower(), severity.label) for severity in Severity]
NOBODY = "nobody"
# How a suppression is asked for that is none.
NONE = "none"


def severity_named(word: str) -> Severity:
    return Severity[word.upper()]


class AnomalyFilterSet(filters.FilterSet):
    asset = filters.CharFilter(field_name="asset__tag")
    sensor = filters.CharFilter(field_name="sensor__code")
    active = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull")
    status = filters.ChoiceFilter(choices=Anomaly.Status.choices, method="of_status")
    severity = filters.TypedChoiceFilter(choices=SEVERITY_WORDS, coerce=severity_named)
    severity_worst = filters.TypedChoiceFilter(choices=SEVERITY_WORDS, coerce=severity_named)
    suppression = filters.ChoiceFilter(
        choices=[*Anomaly.Suppression.choices, (NONE, NONE)], method="of_suppression"
    )
    verdict = filters.ChoiceFilter(
        choices=[*Anomaly.Verdict.choices, (NONE, NONE)], method="of_verdict"
    )
    assigned = filters.CharFilter(method="of_person")
    since = MomentFilter(field_name="detected_at", lookup_expr="gte")

    class Meta:
        model = Anomaly
        fields = ["kind"]

    def of_status(self, anomalies: Any, name: str, value: str) -> QuerySet:
        return anomalies.with_status(value)

    def of_suppression(self, anomalies: QuerySet, name: str, value: str) -> QuerySet:
        return anomalies.filter(suppression="" if value == NONE else value)

    def of_verdict(self, anomalies: QuerySet, name: str, value: str) -> QuerySet:
        return anomalies.filter(verdict="" if value == NONE else value)

    def of_person(self, anomalies: QuerySet, name: str, value: str) -> QuerySet:
        if value == NOBODY:
            return anomalies.filter(assigned_to=None)
        return anomalies.filter(assigned_to__username=value)


class AnomalyViewSet(ActEndpoint, viewsets.ReadOnlyModelViewSet[Anomaly]):
    pagination_class = NewestFirst
    filterset_class = AnomalyFilterSet

    def get_serializer_class(self) -> type[AnomalySerializer]:
        return AnomalySerializer if self.action == "list" else AnomalyWithLogSerializer

    def get_queryset(self) -> QuerySet[Anomaly]:
        visible = Anomaly.objects.visible_to(principal(self.request)).with_plant()
        related = visible.select_related("work_order", "assigned_to")
        log = [] if self.action == "list" else ["log"]
        return related.prefetch_related("symptoms__sensor", *log)

    @action(detail=True, methods=["post"])
    def ack(self, request: Request, pk: int) -> Response:
        return self._act(NoteInSerializer, acknowledge)

    @action(detail=True, methods=["post"])
    def unack(self, request: Request, pk: int) -> Response:
        return self._act(NoteInSerializer, unacknowledge)

    @action(detail=True, methods=["post"])
    def clear(self, request: Request, pk: int) -> Response:
        return self._act(ClearInSerializer, clear)

    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: int) -> Response:
        return self._act(AssignInSerializer, _assign_by_name)

    @action(detail=True, methods=["post"])
    def shelve(self, request: Request, pk: int) -> Response:
        return self._act(ShelveInSerializer, shelve)

    @action(detail=True, methods=["post"])
    def unshelve(self, request: Request, pk: int) -> Response:
        return self._act(NoteInSerializer, unshelve)

    @action(detail=True, methods=["post"])
    def verdict(self, request: Request, pk: int) -> Response:
        return self._act(VerdictInSerializer, give_verdict)

    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: int) -> Response:
        return self._act(MergeInSerializer, self._merge_with_visible)

    @action(detail=True, methods=["post"], url_path="create-work-order")
    def create_work_order(self, request: Request, pk: int) -> Response:
        """Propose an order because of the anomaly."""
        said = self._said(NoteInSerializer)
        order = create_work_order(self.get_object().pk, by=principal(request), **said)
        return made(order.pk, principal(request))

    def _act(self, form: type[Strict], act: Callable[..., object]) -> Response:
        """Do one thing about an anomaly that the asker may see, and show what it is then."""
        said = self._said(form)
        act(self.get_object().pk, by=principal(self.request), **said)
        return Response(self.get_serializer(self.get_object()).data)

    def _said(self, form: type[Strict]) -> dict[str, Any]:
        said = form(data=self.request.data)
        said.is_valid(raise_exception=True)
        return dict(said.validated_data)

    def _merge_with_visible(self, pk: int, *, into: int, **said: Any) -> None:
        # What the asker may not see is to him or her not there.
        if not self.get_queryset().filter(pk=into).exists():
            raise InvalidError("unknown_anomaly", f"There is no anomaly {into}.")
        merge(pk, into=into, **said)


def _assign_by_name(pk: int, *, to: str | None, **said: Any) -> None:
    person = User.objects.filter(username=to).first() if to is not None else None
    if to is not None and person is None:
        # The same answer as for who may not work there: names are not given away.
        raise InvalidError("cannot_work_here", f"{to} may not work at this site.")
    assign(pk, to=person, **said)
