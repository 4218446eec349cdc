"""What is put down on an order while it is carried out, as acts of the admin."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from maintenance.admin.order_acts import Act, of_order, plain
from maintenance.admin.order_forms import SkillsForm
from maintenance.admin.work_forms import (
    AttachForm,
    ChecklistForm,
    CommentForm,
    DowntimeForm,
    EndDowntimeForm,
    LabourForm,
    PartForm,
    TemplateForm,
)
from maintenance.models import WorkOrder
from maintenance.orders import booking, checklists
from maintenance.orders.attaching import attach
from maintenance.orders.remarks import comment
from maintenance.orders.requesting import CHANGEABLE, revise
from sensors.access import Principal, Right

State = WorkOrder.State
ALWAYS = tuple(State)
STANDS = (*WorkOrder.OPEN_STATES, State.COMPLETED)
PLANNED_IN = [state for state, names in CHANGEABLE.items() if "skills" in names]


def _labour(order: WorkOrder, by: Principal, form: Any) -> object:
    return booking.book_labour(order.pk, by=by, **form.cleaned_data)


def _part(order: WorkOrder, by: Principal, form: Any) -> object:
    return booking.book_part(order.pk, by=by, **form.cleaned_data)


def _downtime(order: WorkOrder, by: Principal, form: Any) -> object:
    return booking.record_downtime(order.pk, by=by, **form.cleaned_data)


def _end_downtime(order: WorkOrder, by: Principal, form: Any) -> object:
    said = form.cleaned_data
    return booking.end_downtime(order.pk, said["downtime"].pk, by=by, ended_at=said["ended_at"])


def _comment(order: WorkOrder, by: Principal, form: Any) -> object:
    return comment(order.pk, by=by, words=form.cleaned_data["words"])


def _attach(order: WorkOrder, by: Principal, form: Any) -> object:
    return attach(order.pk, by=by, file=form.cleaned_data["file"])


def _take_checklist(order: WorkOrder, by: Principal, form: Any) -> object:
    return checklists.take_checklist(order.pk, form.cleaned_data["template"], by=by)


@transaction.atomic
def _fill_in(order: WorkOrder, by: Principal, form: Any) -> object:
    """All points that were filled in, or none of them."""
    return [
        checklists.fill_in(order.pk, position, by=by, result=result, note=note)
        for position, result, note in form.filled_in
    ]


def _skills(order: WorkOrder, by: Principal, form: Any) -> object:
    changed = form.changed_skills
    return revise(order.pk, by=by, changes={} if changed is None else {"skills": changed})


def _labour_form(*args: Any, order: WorkOrder, by: Principal, **kwargs: Any) -> LabourForm:
    return LabourForm(*args, order=order, user_id=by.user_id, **kwargs)


WORK_ACTS: dict[str, Act] = {
    "labour": Act(
        "Book labour", "Labour booked", booking.AT_WORK, Right.WORK, _labour_form, _labour
    ),
    "part": Act("Book a part", "Part booked", booking.AT_WORK, Right.WORK, plain(PartForm), _part),
    "downtime": Act(
        "Put down downtime",
        "Downtime put down",
        STANDS,
        Right.WORK,
        plain(DowntimeForm),
        _downtime,
    ),
    "end_downtime": Act(
        "It runs again",
        "Downtime ended",
        ALWAYS,
        Right.WORK,
        of_order(EndDowntimeForm),
        _end_downtime,
    ),
    "comment": Act("Comment", "Comment written", ALWAYS, Right.WORK, plain(CommentForm), _comment),
    "attach": Act("Attach", "File attached", ALWAYS, Right.WORK, plain(AttachForm), _attach),
    "take_checklist": Act(
        "Take a checklist",
        "Checklist taken",
        WorkOrder.OPEN_STATES,
        Right.WORK,
        of_order(TemplateForm),
        _take_checklist,
    ),
    "fill_in": Act(
        "Save the checklist",
        "Checklist filled in",
        checklists.AT_WORK,
        Right.WORK,
        of_order(ChecklistForm),
        _fill_in,
    ),
    "skills": Act(
        "Change skills",
        "Skills changed",
        PLANNED_IN,
        Right.PLAN,
        of_order(SkillsForm),
        _skills,
    ),
}
