"""The week of a site, the offers for an order, and what was booked and planned."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from maintenance.admin.acting import warned
from maintenance.models import Booking, SitePlan, Technician, WorkOrder
from maintenance.refusals import RefusedError
from maintenance.scheduling.asking import plan_site
from maintenance.scheduling.board import board_of
from maintenance.scheduling.booking import schedule, unschedule
from maintenance.scheduling.offering import MAY_BE_SCHEDULED, offers_for
from maintenance.scheduling.wording import hours, told
from sensors.access import Right
from sensors.admin_parts.pages import Evidence, panel_of, pill, rendered, url_of
from sensors.admin_parts.scope import VisibleChoices, principal_in, sites_of
from sensors.models import Site

MOST_OFFERS = 8
STATUS_LEVELS = {"waiting": "medium", "running": "low", "done": "good", "failed": "critical"}


@panel_of(WorkOrder)
def schedule_panel(order: WorkOrder) -> SafeString:
    """When it is done and by whom, and the way to the offers."""
    standing = list(order.bookings.standing().select_related("technician"))
    offered = order.state in MAY_BE_SCHEDULED
    return rendered(
        "maintenance/schedule_panel.html",
        order=order,
        standing=standing,
        offered=offered,
        zone=order.asset.site.time_zone,
    )


@admin.register(Booking)
class BookingAdmin(Evidence):
    change_list_template = "maintenance/booking_list.html"
    list_display = ["work_order", "technician", "starts_at", "ends_at", "pinned", "condition"]
    list_select_related = ["technician", "work_order"]
    list_filter = [("technician__site", VisibleChoices), "is_pinned"]
    search_fields = ["technician__name", "work_order__title"]
    site_path = "technician__site"
    ordering = ["-starts_at"]

    @admin.display(boolean=True, ordering="is_pinned")
    def pinned(self, booking: Booking) -> bool:
        return booking.is_pinned

    @admin.display(description="state")
    def condition(self, booking: Booking) -> str:
        return pill("quiet", "cancelled") if booking.cancelled_at else pill("good", "stands")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("week/", view(self.week), name="maintenance_booking_week"),
            path("slots/<int:pk>/", view(self.slots), name="maintenance_booking_slots"),
            *super().get_urls(),
        ]

    def week(self, request: HttpRequest) -> HttpResponse:
        """Who does what when, at a site."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        sites = list(_sites(request))
        site = _chosen(sites, request.POST.get("site") or request.GET.get("site"))
        day = _day(request.GET.get("day"), site)
        if request.method == "POST":
            return self._plan(request, site)
        context = self.admin_site.each_context(request) | {
            "title": f"Week of {site}",
            "sites": sites,
            "board": board_of(site, day),
            "may_plan": principal_in(request).may_at(Right.PLAN, site.pk),
            "plan": _plan_named(request.GET.get("plan"), site),
        }
        return TemplateResponse(request, "maintenance/board.html", context)

    def _plan(self, request: HttpRequest, site: Site) -> HttpResponse:
        query = f"?site={site.code}"
        apply = request.POST.get("plan") == "apply"
        with warned(request):
            asked = plan_site(site, by=principal_in(request), apply=apply)
            query += f"&plan={asked.pk}#plan"
        return HttpResponseRedirect(reverse("admin:maintenance_booking_week") + query)

    def slots(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The offers for an order, best first; one is taken here."""
        orders = WorkOrder.objects.visible_to(principal_in(request)).select_related("asset__site")
        if not request.user.has_perm("maintenance.view_workorder"):
            raise PermissionDenied
        order = get_object_or_404(orders, pk=pk)
        if request.method == "POST":
            with warned(request):
                self._act(request, order)
                return HttpResponseRedirect(url_of(order))
            return HttpResponseRedirect(request.path)
        context = self.admin_site.each_context(request) | {
            "title": "Find a slot",
            "order": order,
            "order_url": url_of(order),
            "zone": order.asset.site.time_zone,
            "work": hours(order.planned_duration),
            "asked": ", ".join(map(str, order.required_skills.select_related("skill"))),
            "standing": list(order.bookings.standing().select_related("technician")),
            "may_plan": principal_in(request).may_at(Right.PLAN, order.asset.site_id),
            **_offered(order),
        }
        return TemplateResponse(request, "maintenance/slots.html", context)

    def _act(self, request: HttpRequest, order: WorkOrder) -> None:
        by, said = principal_in(request), request.POST
        if said.get("act") == "unschedule":
            unschedule(order.pk, by=by, reason=said.get("reason", "")[:500])
            messages.success(request, f"{order.number} has no time any more.")
            return
        try:
            start = datetime.fromisoformat(said.get("start", ""))
            technician = Technician.objects.filter(pk=int(said.get("technician", ""))).first()
        except ValueError as exc:
            raise BadRequest("That is no offer.") from exc
        if technician is None or start.tzinfo is None:
            raise BadRequest("That is no offer.")
        pin = bool(said.get("pin"))
        schedule(order.pk, by=by, technician=technician, start=start, pin=pin)
        messages.success(request, f"{order.number} is scheduled for {technician}.")


def _offered(order: WorkOrder) -> dict[str, Any]:
    """The offers as the page shows them; why there are none, where there are none."""
    if order.state not in MAY_BE_SCHEDULED:
        return {"refused": f"{order.number} is {order.state}; only approved orders are scheduled."}
    try:
        job, found = offers_for(order)
    except RefusedError as exc:
        return {"refused": exc.detail, **exc.members}
    offers = [
        {
            "told": told(job, offer, order.asset.site.zone),
            "start": offer.place.start,
            "end": offer.place.end,
        }
        for offer in found.offers[:MOST_OFFERS]
    ]
    return {
        "offers": offers,
        "meets_due": any(not offer.late for offer in found.offers),
        "unskilled": found.unskilled,
        "without_time": found.without_time,
    }


def _sites(request: HttpRequest) -> Any:
    allowed = sites_of(request)
    return Site.objects.all() if allowed is None else Site.objects.filter(pk__in=allowed)


def _chosen(sites: list[Site], code: str | None) -> Site:
    found = [site for site in sites if code is None or site.code == code]
    if not found:
        raise Http404
    with_people = [s for s in found if code is not None or s.technicians.exists()]
    return (with_people or found)[0]


def _day(text: str | None, site: Site) -> date:
    if not text:
        return timezone.now().astimezone(site.zone).date()
    try:
        day = date.fromisoformat(text)
    except ValueError as exc:
        raise BadRequest("That is no day.") from exc
    if not 2000 <= day.year <= 2200:
        raise BadRequest("That is no day.")
    return day


def _plan_named(text: str | None, site: Site) -> SitePlan | None:
    if not text or not text.isascii() or not text.isdecimal() or len(text) > 18:
        return None
    return SitePlan.objects.filter(pk=int(text), site=site).first()


@admin.register(SitePlan)
class SitePlanAdmin(Evidence):
    list_display = ["named", "site", "condition", "apply", "asked_by", "asked_at"]
    list_select_related = ["site"]
    list_filter = ["status", "apply", ("site", VisibleChoices)]
    fields = ["site", "condition", "percent", "days", "apply", "asked_by", "asked_at", "outcome"]

    @admin.display(description="plan", ordering="pk")
    def named(self, plan: SitePlan) -> str:
        return f"Plan {plan.pk}"

    @admin.display(description="status", ordering="status")
    def condition(self, plan: SitePlan) -> str:
        return pill(STATUS_LEVELS[plan.status], plan.get_status_display())

    @admin.display(description="what it says")
    def outcome(self, plan: SitePlan) -> str:
        return rendered("maintenance/site_plan.html", plan=plan)
