"""Who works at a site and when they are there."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import ActEndpoint, created, said_in
from maintenance.api.people_serializers import (
    AbsenceInSerializer,
    AbsenceSerializer,
    CalendarChangeSerializer,
    CalendarInSerializer,
    CalendarSerializer,
    HolidayInSerializer,
    HolidaySerializer,
    TechnicianChangeSerializer,
    TechnicianInSerializer,
    TechnicianSerializer,
)
from maintenance.api.sites import site_named
from maintenance.models import Absence, Holiday, Technician, WorkingCalendar
from maintenance.scheduling.people import (
    drop,
    keep_absence,
    keep_calendar,
    keep_holiday,
    keep_technician,
)
from sensors.access import Right
from sensors.api.authentication import principal
from sensors.api.pagination import NewestFirst
from sensors.models import Site


class TechnicianFilterSet(filters.FilterSet):
    site = filters.CharFilter(field_name="site__code")

    class Meta:
        model = Technician
        fields = ["is_active"]


class TechnicianViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Technician],
):
    serializer_class = TechnicianSerializer
    pagination_class = NewestFirst
    filterset_class = TechnicianFilterSet

    def get_queryset(self) -> QuerySet[Technician]:
        visible = Technician.objects.visible_to(principal(self.request))
        return visible.select_related("site").prefetch_related("skill_levels__skill")

    def create(self, request: Request) -> Response:
        said = said_in(TechnicianInSerializer, request)
        by = principal(request)
        site = site_named(said.pop("site"), by)
        kept = keep_technician(Technician(site=site), said, by=by)
        return created(self.get_serializer(kept), f"technicians/{kept.pk}")

    def partial_update(self, request: Request, pk: str) -> Response:
        technician = self.get_object()
        said = said_in(TechnicianChangeSerializer, request)
        _stays(said, technician.site)
        keep_technician(technician, said, by=principal(request))
        return Response(self.get_serializer(self.get_object()).data)


class CalendarViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[WorkingCalendar],
):
    serializer_class = CalendarSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[WorkingCalendar]:
        visible = WorkingCalendar.objects.visible_to(principal(self.request))
        return visible.select_related("site").prefetch_related("shifts")

    def create(self, request: Request) -> Response:
        said = said_in(CalendarInSerializer, request)
        by = principal(request)
        site = site_named(said.pop("site"), by)
        kept = keep_calendar(WorkingCalendar(site=site), said, by=by)
        return created(self.get_serializer(kept), f"working-calendars/{kept.pk}")

    def partial_update(self, request: Request, pk: str) -> Response:
        calendar = self.get_object()
        said = said_in(CalendarChangeSerializer, request)
        _stays(said, calendar.site)
        keep_calendar(calendar, said, by=principal(request))
        return Response(self.get_serializer(self.get_object()).data)


class HolidayViewSet(
    ActEndpoint, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Holiday]
):
    serializer_class = HolidaySerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Holiday]:
        sites = principal(self.request).sites(Right.READ)
        rows = Holiday.objects.select_related("site")
        return rows if sites is None else rows.filter(site__in=sites)

    def create(self, request: Request) -> Response:
        said = said_in(HolidayInSerializer, request)
        by = principal(request)
        kept = keep_holiday(site_named(said.pop("site"), by), said, by=by)
        return created(self.get_serializer(kept), f"holidays/{kept.pk}")

    def destroy(self, request: Request, pk: str) -> Response:
        drop(self.get_object(), by=principal(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TechnicianAbsencesViewSet(
    ActEndpoint, mixins.ListModelMixin, viewsets.GenericViewSet[Absence]
):
    """The absences of one technician."""

    serializer_class = AbsenceSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Absence]:
        return Absence.objects.filter(technician=self._technician())

    def create(self, request: Request, pk: int) -> Response:
        technician = self._technician()
        said = said_in(AbsenceInSerializer, request)
        kept = keep_absence(technician, said, by=principal(request))
        return created(self.get_serializer(kept), f"absences/{kept.pk}")

    def _technician(self) -> Technician:
        visible = Technician.objects.visible_to(principal(self.request))
        return get_object_or_404(visible, pk=self.kwargs["pk"])


class AbsenceViewSet(ActEndpoint, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Absence]):
    serializer_class = AbsenceSerializer

    def get_queryset(self) -> QuerySet[Absence]:
        visible = Absence.objects.visible_to(principal(self.request))
        return visible.select_related("technician")

    def destroy(self, request: Request, pk: int) -> Response:
        drop(self.get_object(), by=principal(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _stays(said: dict[str, Any], site: Site) -> None:
    """What is at a site stays there; to name that site again does no harm."""
    if said.pop("site", site.code) != site.code:
        words = "It stays at its site."
        raise serializers.ValidationError({"site": words}, code="site_stays")
