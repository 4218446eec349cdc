"""Acts on work orders in the admin: on the page of one, and over the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from maintenance.admin.acting import done_to_each
from maintenance.admin.moves import MOVES
from maintenance.admin.order_acts import Act
from maintenance.admin.order_forms import OrdersListForm
from maintenance.admin.work_acts import WORK_ACTS
from maintenance.models import WorkOrder
from maintenance.refusals import RefusedError
from sensors.admin_parts.pages import WithButtons, url_of
from sensors.admin_parts.scope import principal_in

ACTS: dict[str, Act] = MOVES | WORK_ACTS
# Where on the page what was put down is seen.
SHOWN_AT = {"fill_in": "checklist", "take_checklist": "checklist", "end_downtime": "downtime"}


def _action(name: str, act: Act) -> Callable[..., None]:
    @admin.action(description=f"{act.words}: the selected work orders", permissions=["act"])
    def do(self: ActsOnOrders, request: HttpRequest, orders: QuerySet) -> None:
        self.act_on_all(request, orders, name)

    do.__name__ = name
    return do


class ActsOnOrders(WithButtons):
    actions = [_action(name, act) for name, act in MOVES.items() if act.in_list]
    action_form = OrdersListForm
    change_form_template = "maintenance/order/page.html"

    def has_act_permission(self, request: HttpRequest) -> bool:
        # The fields of some states are closed to all, so the person is asked about directly.
        return request.user.has_perm("maintenance.change_workorder")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_view)
        own = path("<int:pk>/do/<str:name>/", view, name="maintenance_workorder_act")
        return [own, *super().get_urls()]

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Ask what the act asks, and do it. What is refused stays typed in."""
        order = self.get_object(request, str(pk))
        if order is None or name not in ACTS:
            raise Http404
        if not self.has_act_permission(request):
            raise PermissionDenied
        act, by = ACTS[name], principal_in(request)
        asked = {"order": order, "by": by}
        form = act.form(**asked)
        if request.method == "POST":
            form = act.form(request.POST, request.FILES, **asked)
            if form.is_valid() and self._done(request, order, name, form):
                return HttpResponseRedirect(f"{url_of(order)}#{SHOWN_AT.get(name, name)}")
        order.refresh_from_db()
        if not act.offered(order, by):
            if request.method != "POST":
                messages.warning(request, f"{order.number} is {order.state}, or not yours.")
            return HttpResponseRedirect(url_of(order))
        context = self.admin_site.each_context(request) | {
            "title": act.words,
            "order": order,
            "order_url": url_of(order),
            "act": act,
            "form": form,
        }
        return TemplateResponse(request, "maintenance/order/act.html", context)

    def _done(self, request: HttpRequest, order: WorkOrder, name: str, form: Any) -> bool:
        act = ACTS[name]
        try:
            act.do(order, principal_in(request), form)
        except RefusedError as exc:
            messages.warning(request, exc.detail)
            return False
        self.log_change(request, order, told(act, form))
        messages.success(request, f"{act.done}: {order.number}.")
        return True

    def act_on_all(self, request: HttpRequest, orders: QuerySet, name: str) -> None:
        """Do one thing about each of the orders, as far as the rules let it be done."""
        act, by = MOVES[name], principal_in(request)
        form = act.form(request.POST, order=None, by=by)
        if not form.is_valid():
            for field, faults in form.errors.items():
                label = form.fields[field].label or field
                messages.warning(request, f"{label}: {' '.join(map(str, faults))}")
            return

        def do(pk: int) -> None:
            act.do(WorkOrder.objects.select_related("asset").get(pk=pk), by, form)

        done = WorkOrder.objects.filter(pk__in=done_to_each(request, orders, do)).order_by("pk")
        if done:
            self.note(request, done, told(act, form))
            numbers = ", ".join(order.number for order in done)
            messages.success(request, f"{act.done}: {numbers}.")


def told(act: Act, form: Any) -> str:
    """For the history of the row: what was done, and why if that was asked."""
    return f"{act.done}. {form.cleaned_data.get('reason', '')}".strip()
