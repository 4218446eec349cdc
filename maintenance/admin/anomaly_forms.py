"""What a person is asked before something is done about an anomaly."""

from __future__ import annotations

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from maintenance.models import Anomaly
from sensors.access import RIGHTS_OF_ROLE, Right
from sensors.models import Site

LONGEST_WORDS = 500
WORKING_ROLES = [role for role, rights in RIGHTS_OF_ROLE.items() if Right.WORK in rights]


def words(label: str, *, required: bool) -> forms.CharField:
    box = forms.TextInput(attrs={"placeholder": label, "aria-label": label})
    return forms.CharField(label=label, required=required, max_length=LONGEST_WORDS, widget=box)


# Browsers send it without a zone, which is that of the admin.
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local", "aria-label": "Until (UTC)"})
VERDICTS = [("", "Verdict…"), *Anomaly.Verdict.choices]
VERDICT = forms.Select(attrs={"aria-label": "Verdict"}, choices=VERDICTS)


class NoteForm(forms.Form):
    reason = words("Note", required=False)


class ReasonForm(forms.Form):
    reason = words("Reason", required=True)


class ShelveForm(forms.Form):
    until = forms.DateTimeField(widget=MOMENT)
    reason = words("Reason", required=True)


class VerdictForm(forms.Form):
    verdict = forms.ChoiceField(choices=VERDICTS, widget=VERDICT)
    reason = words("Note", required=False)


class MergeForm(forms.Form):
    into = forms.IntegerField(
        min_value=1,
        widget=forms.NumberInput(
            attrs={"placeholder": "Into no.", "aria-label": "Into number", "style": "width:7em"}
        ),
    )
    reason = words("Note", required=False)


def person(people: QuerySet[User]) -> forms.ModelChoiceField:
    box = forms.Select(attrs={"aria-label": "To"})
    return forms.ModelChoiceField(people, required=False, empty_label="Nobody", widget=box)


class AssignForm(forms.Form):
    """To one of the people who may work at the anomaly's site, or to nobody."""

    to = person(User.objects.none())
    reason = words("Note", required=False)

    @classmethod
    def at(cls, site: Site) -> type[AssignForm]:
        """The form with the people of one site."""
        there = Q(memberships__site=site, memberships__role__in=WORKING_ROLES)
        people = User.objects.filter(there | Q(is_superuser=True), is_active=True).distinct()
        return type("AssignAtForm", (cls,), {"to": person(people.order_by("username"))})


class ListForm(ActionForm):
    """Beside the choice of an action over the list; each action takes of it what it needs,
    and says itself what is wrong with it."""

    reason = words("Reason or note", required=False)
    until = forms.CharField(label="Until (UTC)", required=False, widget=MOMENT)
    verdict = forms.CharField(required=False, widget=VERDICT)
