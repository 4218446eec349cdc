"""What may be asked about forecasts and health."""

from __future__ import annotations

from django import forms

from mlops.prognosis.forecasts import MOST_HOURS


class ForecastForm(forms.Form):
    hours = forms.IntegerField(min_value=1, max_value=MOST_HOURS, required=False)
