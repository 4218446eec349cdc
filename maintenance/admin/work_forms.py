"""What a person puts down while an order is carried out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.db.models import QuerySet

from maintenance.admin.order_forms import moment, text
from maintenance.models import (
    ChecklistPoint,
    ChecklistTemplate,
    Downtime,
    Technician,
    WorkOrder,
)
from maintenance.orders.sniffing import KINDS

ABOVE_0 = MinValueValidator(0.001)


def amount(label: str, *, digits: int, places: int, required: bool, **more: Any) -> Any:
    return forms.DecimalField(
        label=label, max_digits=digits, decimal_places=places, required=required, **more
    )


class LabourForm(forms.Form):
    technician = forms.ModelChoiceField(Technician.objects.none(), required=False)
    person = forms.CharField(label="or somebody else", max_length=100, required=False)
    started_at = moment("From")
    ended_at = moment("To")
    hourly_rate = amount(
        "Rate per hour",
        digits=8,
        places=2,
        required=False,
        min_value=0,
        help_text="Empty: the technician's",
    )

    def __init__(self, *args: Any, order: WorkOrder, user_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["technician"]
        chosen.queryset = Technician.objects.active().filter(site=order.asset.site_id)
        mine = chosen.queryset.filter(user=user_id).first()
        chosen.initial = mine.pk if mine else order.technician_id


class PartForm(forms.Form):
    name = forms.CharField(max_length=200)
    number = forms.CharField(max_length=60, required=False)
    quantity = amount(
        "Quantity", digits=10, places=3, required=True, initial=1, validators=[ABOVE_0]
    )
    unit_cost = amount("Unit cost", digits=10, places=2, required=True, initial=0, min_value=0)


class DowntimeForm(forms.Form):
    started_at = moment("From")
    ended_at = moment("To", required=False)
    reason = forms.ChoiceField(choices=Downtime.Reason.choices)
    is_planned = forms.BooleanField(label="Planned", required=False)
    note = forms.CharField(max_length=500, required=False)


class EndDowntimeForm(forms.Form):
    """Of the standstills of the order that still last."""

    downtime = forms.ModelChoiceField(Downtime.objects.none(), empty_label=None)
    ended_at = moment("Until")

    def __init__(self, *args: Any, order: WorkOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["downtime"]
        chosen.queryset = order.downtime.filter(ended_at=None).select_related("asset")


class CommentForm(forms.Form):
    words = text("Comment", most=4_000)


class AttachForm(forms.Form):
    file = forms.FileField(
        help_text=f"Taken are {', '.join(sorted(KINDS))}",
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(f".{k}" for k in KINDS)}),
    )


class TemplateForm(forms.Form):
    template = forms.ModelChoiceField(ChecklistTemplate.objects.none(), empty_label=None)

    def __init__(self, *args: Any, order: WorkOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["template"]
        chosen.queryset = templates_for(order)


def templates_for(order: WorkOrder) -> QuerySet[ChecklistTemplate]:
    everywhere = ChecklistTemplate.objects.filter(asset_type=None)
    return everywhere | ChecklistTemplate.objects.filter(asset_type=order.asset.type_id)


class ChecklistForm(forms.Form):
    """All points at once. `filled_in` are those about which something else was said than the
    page showed: somebody else may have filled in others meanwhile."""

    def __init__(self, *args: Any, order: WorkOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.points = list(order.checklist.select_related("follow_up"))
        for point in self.points:
            self.fields[f"result_{point.position}"] = forms.ChoiceField(
                label=point.words,
                choices=ChecklistPoint.Result.choices,
                required=False,
                initial=point.result,
                show_hidden_initial=True,
                widget=forms.RadioSelect,
            )
            self.fields[f"note_{point.position}"] = forms.CharField(
                label=f"Note on point {point.position}",
                max_length=500,
                required=False,
                initial=point.note,
                show_hidden_initial=True,
                widget=forms.TextInput(attrs={"placeholder": "Note"}),
            )

    @property
    def rows(self) -> list[tuple[ChecklistPoint, Any, str, Any]]:
        """Each point with the buttons for it, what they showed, and the box for a note."""
        results = ((p, self[f"result_{p.position}"]) for p in self.points)
        return [
            (p, result, result.as_hidden(only_initial=True), self[f"note_{p.position}"])
            for p, result in results
        ]

    @property
    def filled_in(self) -> list[tuple[int, str, str]]:
        said, places = self.cleaned_data, [point.position for point in self.points]
        return [
            (place, said[f"result_{place}"], said[f"note_{place}"])
            for place in places
            if {f"result_{place}", f"note_{place}"} & set(self.changed_data)
        ]
