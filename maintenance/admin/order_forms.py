"""What a person is asked before an order moves or is decided about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Case, QuerySet, When

from maintenance.admin.anomaly_forms import MOMENT, VERDICTS, words
from maintenance.models import Anomaly, FailureCode, Skill, WorkOrder
from maintenance.orders.completing import ASPECT_OF, Completion
from maintenance.orders.verdicts import Verdict

LONGEST_TEXT = 10_000
MOST_ANOMALIES = 100
LEVELS = [("", "–"), *((level, str(level)) for level in range(1, 6))]
MINUTES = "%Y-%m-%dT%H:%M"
DURATIONS = [MinValueValidator(timedelta(minutes=1)), MaxValueValidator(timedelta(days=90))]


def moment(label: str, *, required: bool = True) -> forms.DateTimeField:
    """Browsers send it without a zone, which is that of the admin."""
    box = forms.DateTimeInput(format=MINUTES, attrs={"type": "datetime-local"})
    return forms.DateTimeField(label=f"{label} (UTC)", required=required, widget=box)


def text(label: str, *, required: bool = True, most: int = LONGEST_TEXT) -> forms.CharField:
    box = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, required=required, max_length=most, widget=box)


class NoForm(forms.Form):
    """For what needs no words."""


class NoteForm(forms.Form):
    reason = words("Note", required=False)


class ReasonForm(forms.Form):
    reason = words("Why", required=True)


class DeferForm(ReasonForm):
    until = moment("Until")
    field_order = ["until", "reason"]


class HoldForm(forms.Form):
    hold_reason = forms.ChoiceField(label="It waits for", choices=WorkOrder.HoldReason.choices)
    reason = words("Note", required=False)


class OrdersListForm(ActionForm):
    """Beside the choice of an action over the list; each action takes what it needs."""

    reason = words("Why, or a note", required=False)
    until = forms.CharField(label="Until (UTC)", required=False, widget=MOMENT)


class WithSkills(forms.Form):
    """A level for each skill there is; `changed_skills` is None where all stayed as it was."""

    def add_skills(self, order: WorkOrder) -> None:
        needed = dict(order.required_skills.values_list("skill", "level"))
        self.skills = {f"skill_{skill.pk}": skill for skill in Skill.objects.all()}
        for name, skill in self.skills.items():
            self.fields[name] = forms.TypedChoiceField(
                label=f"{skill}, level at least",
                choices=LEVELS,
                coerce=int,
                empty_value=None,
                required=False,
                initial=needed.get(skill.pk, ""),
            )

    @property
    def changed_skills(self) -> Mapping[Skill, int] | None:
        if not set(self.skills) & set(self.changed_data):
            return None
        said = {skill: self.cleaned_data[name] for name, skill in self.skills.items()}
        return {skill: level for skill, level in said.items() if level}


class SkillsForm(WithSkills):
    def __init__(self, *args: Any, order: WorkOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_skills(order)


class ModifyForm(WithSkills):
    """What a planner changes in approving it, and why.

    Changed is what differs from what the page showed, as that says itself: the software may
    have written to the order meanwhile.
    """

    title = forms.CharField(max_length=200)
    description = text("Description", required=False)
    recommendation = text("Recommendation", required=False)
    priority = forms.ChoiceField(choices=WorkOrder._meta.get_field("priority").choices or [])
    due_at = moment("Due")
    planned_duration = forms.DurationField(
        validators=DURATIONS, help_text="Hours, minutes and seconds, such as 02:30:00"
    )
    reason = words("Why", required=True)

    PLAIN = ("title", "description", "recommendation", "priority", "due_at", "planned_duration")

    def __init__(self, *args: Any, order: WorkOrder, **kwargs: Any) -> None:
        shown = {name: getattr(order, name) for name in self.PLAIN}
        shown["due_at"] = order.due_at.replace(second=0, microsecond=0)
        super().__init__(*args, **kwargs | {"initial": shown})
        self.add_skills(order)
        self.order_fields([name for name in self.fields if name != "reason"])
        for name in (*self.PLAIN, *self.skills):
            self.fields[name].show_hidden_initial = True

    @property
    def changes(self) -> dict[str, Any]:
        found = {n: self.cleaned_data[n] for n in self.PLAIN if n in self.changed_data}
        skills = self.changed_skills
        return found if skills is None else found | {"skills": skills}


class CompleteForm(forms.Form):
    """What was found and what helped, with a verdict on each anomaly of the order."""

    found_fault = forms.ChoiceField(
        label="Was a fault found?",
        choices=WorkOrder.FoundFault.choices,
        widget=forms.RadioSelect,
    )
    failure_mode = forms.ModelChoiceField(FailureCode.objects.none(), required=False)
    failure_cause = forms.ModelChoiceField(FailureCode.objects.none(), required=False)
    remedy = forms.ModelChoiceField(FailureCode.objects.none(), required=False)
    resolution = text("What was found and what was done")

    def __init__(self, *args: Any, order: WorkOrder, **kwargs: Any) -> None:
        names = ("found_fault", "resolution", *ASPECT_OF)
        known = {name: getattr(order, name) for name in names}
        known["failure_mode"] = order.failure_mode or order.suspected_mode
        super().__init__(*args, **kwargs | {"initial": known})
        for name, aspect in ASPECT_OF.items():
            chosen: Any = self.fields[name]
            chosen.queryset = FailureCode.objects.choices_for(order.asset, aspect)
            chosen.help_text = "" if known[name] else "Not needed where no fault was found"
        self.anomalies = judged_last(order)
        for anomaly in self.anomalies:
            self._ask_about(anomaly)

    def _ask_about(self, anomaly: Anomaly) -> None:
        label = f"{anomaly.get_kind_display()} on {anomaly.sensor.code}"
        self.fields[f"verdict_{anomaly.pk}"] = forms.ChoiceField(
            label=label,
            choices=VERDICTS,
            initial=anomaly.verdict,
            required=False,
            help_text=anomaly.reason,
        )
        note = words("Note on it", required=False)
        note.initial = anomaly.verdict_note
        self.fields[f"note_{anomaly.pk}"] = note

    @property
    def completion(self) -> Completion:
        said = {name: self.cleaned_data[name] for name in ("found_fault", "resolution")}
        codes = {name: self.cleaned_data[name] for name in ASPECT_OF}
        return Completion(**said, **codes, verdicts=self._verdicts())

    def _verdicts(self) -> dict[int, Verdict]:
        """Only those that were given here: what was said before keeps who said it."""
        given = {}
        for pk in (anomaly.pk for anomaly in self.anomalies):
            names = (f"verdict_{pk}", f"note_{pk}")
            if self.cleaned_data[names[0]] and set(names) & set(self.changed_data):
                given[pk] = Verdict(*(self.cleaned_data[name] for name in names))
        return given


def judged_last(order: WorkOrder) -> QuerySet[Anomaly]:
    """The anomalies of an order, those without a verdict first."""
    judged = Case(When(verdict="", then=0), default=1)
    found = order.anomalies.select_related("sensor").order_by(judged, "-severity_worst", "pk")
    return found[:MOST_ANOMALIES]
