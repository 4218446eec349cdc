"""What people may do about anomalies, as actions of the list and as buttons on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from maintenance.admin.acting import done_to_each
from maintenance.admin.anomaly_forms import (
    AssignForm,
    ListForm,
    MergeForm,
    NoteForm,
    ReasonForm,
    ShelveForm,
    VerdictForm,
)
from maintenance.anomalies.acknowledging import acknowledge, unacknowledge
from maintenance.anomalies.clearing import clear
from maintenance.anomalies.judging import assign, give_verdict, merge
from maintenance.anomalies.shelving import shelve, unshelve
from maintenance.models import Anomaly
from maintenance.orders.from_anomaly import create_work_order
from sensors.access import Principal, Right
from sensors.admin_parts.pages import WithButtons
from sensors.admin_parts.scope import person_of, principal_in

Asked = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do, what has to be said for it, and what is said when it is done."""

    words: str
    done: str
    form: type[forms.Form]
    do: Callable[[int, Principal, Asked], object]
    in_list: bool = True


ACTS = {
    "acknowledge": Act(
        "Acknowledge",
        "Acknowledged",
        NoteForm,
        lambda pk, by, asked: acknowledge(pk, by=by, note=asked["reason"]),
    ),
    "unacknowledge": Act(
        "Take acknowledgement back",
        "To be acknowledged again",
        NoteForm,
        lambda pk, by, asked: unacknowledge(pk, by=by, note=asked["reason"]),
    ),
    "clear": Act(
        "Clear",
        "Cleared",
        ReasonForm,
        lambda pk, by, asked: clear(pk, by=by, reason=asked["reason"]),
    ),
    "shelve": Act(
        "Shelve",
        "Shelved",
        ShelveForm,
        lambda pk, by, asked: shelve(pk, by=by, until=asked["until"], reason=asked["reason"]),
    ),
    "unshelve": Act(
        "Unshelve",
        "Unshelved",
        NoteForm,
        lambda pk, by, asked: unshelve(pk, by=by, note=asked["reason"]),
    ),
    "give_verdict": Act(
        "Give verdict",
        "Judged",
        VerdictForm,
        lambda pk, by, asked: give_verdict(
            pk, by=by, verdict=asked["verdict"], note=asked["reason"]
        ),
    ),
    "create_work_order": Act(
        "Create work order",
        "Work order proposed for",
        NoteForm,
        lambda pk, by, asked: create_work_order(pk, by=by, note=asked["reason"]),
    ),
    "assign": Act(
        "Assign",
        "Assigned",
        AssignForm,
        lambda pk, by, asked: assign(pk, by=by, to=asked["to"], note=asked["reason"]),
        in_list=False,
    ),
    "merge": Act(
        "Merge",
        "Merged",
        MergeForm,
        lambda pk, by, asked: merge(pk, by=by, into=asked["into"], note=asked["reason"]),
        in_list=False,
    ),
}


def _action(name: str, offered: Act) -> Callable[..., None]:
    @admin.action(description=f"{offered.words}: the selected anomalies", permissions=["handle"])
    def act(self: HandlesAnomalies, request: HttpRequest, anomalies: QuerySet) -> None:
        self.handle_all(request, anomalies, name)

    act.__name__ = name
    return act


class HandlesAnomalies(WithButtons):
    actions = [
        *(_action(name, offered) for name, offered in ACTS.items()),
        "take_over",
    ]
    action_form = ListForm
    change_form_template = "admin/anomaly_form.html"

    def has_handle_permission(self, request: HttpRequest) -> bool:
        # The fields are closed to all, so the question is put to the person directly.
        return request.user.has_perm("maintenance.change_anomaly")

    @admin.action(description="Take over the selected anomalies", permissions=["handle"])
    def take_over(self, request: HttpRequest, anomalies: QuerySet) -> None:
        me, by = person_of(request), principal_in(request)
        self._each(request, anomalies, "Taken over", lambda pk: assign(pk, by=by, to=me))

    def get_action_choices(self, request: HttpRequest, *args: Any) -> list[tuple[str, str]]:
        """Without those that take what only the page of one anomaly asks for."""
        choices = super().get_action_choices(request, *args)
        if request.method == "POST":  # A button may have been pressed there.
            return choices
        return [(n, words) for n, words in choices if n not in ACTS or ACTS[n].in_list]

    def buttons(self, anomaly: Anomaly) -> dict[str, str]:
        if anomaly.merged_into_id is not None:
            return {}
        senseless = {
            "acknowledge" if anomaly.acknowledged_at else "unacknowledge",
            "clear" if not anomaly.is_active else "",
            "unshelve" if not anomaly.is_shelved else "",
        }
        return {name: act.words for name, act in ACTS.items() if name not in senseless}

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Anomaly | None = None,
    ) -> HttpResponse:
        if obj is not None:
            here = principal_in(request).may_at(Right.WORK, obj.asset.site_id)
            allowed = self.get_actions(request) if here else {}
            context["presses"] = [
                (name, words, self._form(name, obj)(auto_id=f"{name}_%s"))
                for name, words in self.buttons(obj).items()
                if name in allowed
            ]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def handle_all(self, request: HttpRequest, anomalies: QuerySet, name: str) -> None:
        """Do one thing about each of the anomalies, as far as the rules let it be done."""
        of_one = anomalies.first() if ACTS[name].form is AssignForm else None
        form = self._form(name, of_one)(request.POST)
        if not form.is_valid():
            for field, faults in form.errors.items():
                messages.warning(request, f"{field}: {' '.join(map(str, faults))}")
            return
        by, asked = principal_in(request), form.cleaned_data
        self._each(request, anomalies, ACTS[name].done, lambda pk: ACTS[name].do(pk, by, asked))

    def _each(
        self, request: HttpRequest, anomalies: QuerySet, done: str, do: Callable[[int], object]
    ) -> None:
        acted = done_to_each(request, anomalies, do)
        if acted:
            self.note(request, Anomaly.objects.filter(pk__in=acted), f"{done}.")
            messages.success(request, f"{done}: {len(acted)}.")

    def _form(self, name: str, anomaly: Anomaly | None) -> type[forms.Form]:
        if name == "assign" and anomaly is not None:
            return AssignForm.at(anomaly.asset.site)
        return ACTS[name].form
