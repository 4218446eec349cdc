"""Who works on what when: looking, offering, booking, planning."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import ActEndpoint, said_in
from maintenance.api.of_orders import OrderView
from maintenance.api.schedule_serializers import (
    BookingSerializer,
    PlanInSerializer,
    ScheduleForm,
    ScheduleInSerializer,
    SitePlanResultSerializer,
    SitePlanSerializer,
    SlotsForm,
    UnscheduleInSerializer,
)
from maintenance.api.sites import site_named
from maintenance.models import Booking, SitePlan, WorkOrder
from maintenance.scheduling.asking import plan_site
from maintenance.scheduling.booking import schedule, unschedule
from maintenance.scheduling.offering import offers_for
from maintenance.scheduling.wording import told
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.pagination import NewestFirst
from sensors.api.queries import checked
from sensors.models import Site

USUAL_OFFERS = 10
MOST_BOOKINGS = 5_000


class ScheduleView(Endpoint):
    """What is booked at a site over some time."""

    def get(self, request: Request) -> Response:
        asked = checked(ScheduleForm, request)
        site = site_named(asked["site"], principal(request))
        rows = (
            Booking.objects.standing()
            .overlapping(asked["from"], asked["to"])
            .filter(technician__site=site)
            .select_related("technician", "work_order__asset")
        )
        if asked["technician"]:
            rows = rows.filter(technician=asked["technician"])
        found = BookingSerializer(rows.order_by("starts_at", "pk")[:MOST_BOOKINGS], many=True)
        span = {"from": asked["from"], "to": asked["to"]}
        return Response({"site": site.code, **span, "bookings": found.data})


class SlotsView(OrderView):
    """The offers for an order, best first, each with its reasons."""

    def get(self, request: Request, pk: int) -> Response:
        asked = checked(SlotsForm, request)
        order = self.order(request, pk)
        technician = self.technician(asked["technician"], order)
        job, found = offers_for(order, technician=technician, start=asked["from"])
        zone = order.asset.site.zone
        offers = found.offers[: asked["limit"] or USUAL_OFFERS]
        return Response(
            {
                "order": order.pk,
                "number": order.number,
                "due_at": order.due_at,
                "meets_due": any(not offer.late for offer in found.offers),
                "offers": [told(job, offer, zone) for offer in offers],
                "unskilled": found.unskilled,
                "without_time": found.without_time,
            }
        )


class BookView(OrderView):
    """Give an order a technician and a time."""

    def post(self, request: Request, pk: int) -> Response:
        order = self.order(request, pk)
        said = said_in(ScheduleInSerializer, request)
        said["technician"] = self.technician(said["technician"], order)
        schedule(order.pk, by=principal(request), **said)
        return _as_booked(order)


class UnbookView(OrderView):
    """Take an order's time away."""

    def post(self, request: Request, pk: int) -> Response:
        order = self.order(request, pk)
        said = said_in(UnscheduleInSerializer, request)
        unschedule(order.pk, by=principal(request), **said)
        return _as_booked(order)


def _as_booked(order: WorkOrder) -> Response:
    order.refresh_from_db()
    rows = order.bookings.standing().select_related("technician", "work_order__asset")
    bookings = BookingSerializer(rows, many=True).data
    return Response(
        {"order": order.pk, "number": order.number, "state": order.state, "bookings": bookings}
    )


class SitePlanViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[SitePlan],
):
    """Plans of whole sites: what they would do, or did."""

    pagination_class = NewestFirst
    filterset_fields = ["status"]

    def get_serializer_class(self) -> Any:
        return SitePlanSerializer if self.action == "list" else SitePlanResultSerializer

    def get_queryset(self) -> QuerySet[SitePlan]:
        rows = SitePlan.objects.visible_to(principal(self.request)).select_related("site")
        return rows.defer("result") if self.action == "list" else rows

    def create(self, request: Request) -> Response:
        said = said_in(PlanInSerializer, request)
        by = principal(request)
        site: Site = site_named(said.pop("site"), by)
        asked = plan_site(site, by=by, **said)
        ended = asked.finished_at is not None
        return Response(
            SitePlanResultSerializer(asked).data,
            status=status.HTTP_200_OK if ended else status.HTTP_202_ACCEPTED,
            headers={"Location": f"/api/v1/schedule/plan/{asked.pk}"},
        )
