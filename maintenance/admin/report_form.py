"""Asking for a report, or for the figures of an interval, on a page of the admin."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from maintenance.figures.question import USUAL_INTERVAL, FiguresError, Question
from maintenance.models import Report
from sensors.models import Asset, Site

# The browser's own calendar.
DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def midnight(day: date, site: Site) -> datetime:
    """The beginning of a day as the clocks of the site have it."""
    return datetime.combine(day, time(), site.zone)


class DaysForm(forms.Form):
    """From the first of some days to the last, both included."""

    first_day = forms.DateField(label="From", widget=DAY)
    last_day = forms.DateField(label="To", widget=DAY, help_text="Included")

    def interval(self, site: Site) -> tuple[datetime, datetime]:
        said = self.cleaned_data
        end = midnight(said["last_day"] + timedelta(days=1), site)
        return midnight(said["first_day"], site), end

    def check_days(self, site: Site) -> None:
        first, last = self.cleaned_data["first_day"], self.cleaned_data["last_day"]
        if first > last:
            raise ValidationError({"last_day": "It lies before the first."}, code="before_from")
        if not date(1970, 1, 1) <= first <= last <= date(9000, 1, 1):
            raise ValidationError("No plant was there then.", code="invalid")
        start, end = self.interval(site)
        try:
            Question.about((), start=start, end=end, as_of=end)
        except FiguresError as exc:
            raise ValidationError(exc.detail, code=exc.code) from exc


class ReportForm(DaysForm, forms.ModelForm):
    class Meta:
        model = Report
        fields = ["kind", "site", "asset"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if self.errors:
            return said
        if said["kind"] == Report.Kind.ASSET_HISTORY and not said["asset"]:
            raise ValidationError({"asset": "A history is of an asset."}, code="asset_missing")
        if said["asset"] and said["asset"].site_id != said["site"].pk:
            raise ValidationError({"asset": "It is at another site."}, code="other_site")
        self.check_days(said["site"])
        return said


class FiguresForm(DaysForm):
    """What is left out is as usual: the first site, and the last thirty days."""

    site = forms.ModelChoiceField(Site.objects.none(), to_field_name="code", empty_label=None)
    asset = forms.CharField(required=False, max_length=60, help_text="Tag; empty: the whole site")
    field_order = ["site", "asset", "first_day", "last_day"]

    def __init__(self, data: Any, sites: QuerySet[Site]) -> None:
        usual = sites.first()
        today = timezone.now().astimezone(usual.zone if usual else None).date()
        first = today - USUAL_INTERVAL + timedelta(days=1)
        usually = {"site": usual and usual.code, "first_day": first, "last_day": today}
        given = {name: data.get(name) or value for name, value in usually.items()}
        super().__init__({**given, "asset": data.get("asset", "")})
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if self.errors:
            return said
        found = Asset.objects.filter(site=said["site"], tag=said["asset"]).first()
        if said["asset"] and found is None:
            raise ValidationError({"asset": "There is no asset of this tag."}, code="unknown")
        self.check_days(said["site"])
        return said | {"found": found}

    def report(self) -> Report:
        """What is asked for, which is not kept."""
        said = self.cleaned_data
        start, end = self.interval(said["site"])
        asked = {"site": said["site"], "asset": said["found"], "start": start, "end": end}
        return Report(kind=Report.Kind.MAINTENANCE_OVERVIEW, as_of=timezone.now(), **asked)
