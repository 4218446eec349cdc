"""What may be asked about readings: the parameters, checked, and the sensors they name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django_filters.utils import translate_validation
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request

from sensors.access import Principal
from sensors.api.filters import MomentField
from sensors.history.granularity import Granularity
from sensors.models import Sensor
from sensors.store.reading import EARLIEST, LATEST

MOST_SENSORS = 20
MOST_POINTS = 2_000


class AmbiguousSensor(APIException):
    """The code names a sensor at several of the sites that the client may see."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "ambiguous_sensor"
    default_detail = "Several sites have a sensor of this code. Say which with &site=CODE."


class TooManyReadings(APIException):
    """Refused before they are read."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "too_many_readings"

    def __init__(self, readings: int, most: int) -> None:
        super().__init__(
            f"The interval has up to {readings} readings, {most} can be looked at in one go. "
            "Ask for a shorter one."
        )
        self.members = {"readings": readings, "limit": most}


class SensorCodesField(forms.Field):
    """Codes, given one by one or with commas between them; each counts once."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[str]:
        codes = [code.strip() for text in value or [] for code in text.split(",")]
        return list(dict.fromkeys(code for code in codes if code))

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if len(value) > MOST_SENSORS:
            raise ValidationError(f"{MOST_SENSORS} sensors at most.", code="too_many_sensors")


class IntervalForm(forms.Form):
    """The half-open interval [from, to)."""

    to = MomentField(required=False)

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        start, end = asked.get("from"), asked.get("to")
        if start and end and start > end:
            self.add_error("to", ValidationError("`to` lies before `from`.", code="before_from"))
        within = {"from": start, "to": end}
        return asked | {name: at and _clamped(at) for name, at in within.items()}


def _clamped(moment: datetime) -> datetime:
    return min(max(moment, EARLIEST), LATEST)


# `from` is a word of Python's own, so it cannot be written as a class attribute.
IntervalForm.base_fields["from"] = MomentField(required=False)


class ReadingForm(IntervalForm):
    sensor = SensorCodesField()
    site = forms.CharField(required=False)
    resolution = forms.ChoiceField(
        choices=[(name, name) for name in ("auto", *Granularity)], required=False
    )
    downsample = forms.ChoiceField(choices=[("lttb", "lttb")], required=False)
    points = forms.IntegerField(min_value=3, max_value=MOST_POINTS, required=False)
    newest = forms.CharField(required=False)
    # In addresses of further pages: an end of the interval was left to the server.
    bounded = forms.CharField(required=False)
    format = forms.ChoiceField(choices=[("json", "json"), ("csv", "csv")], required=False)

    def clean(self) -> dict[str, Any]:
        asked = super().clean()
        asked["bounded"] = asked.get("bounded") == "true"
        bucketed = asked.get("resolution") not in ("", Granularity.RAW)
        if asked.get("downsample") and bucketed:
            self._refuse("downsample", "It draws readings; leave `resolution` out.")
        if asked.get("points") and not asked.get("downsample"):
            self._refuse("points", "It goes with `downsample`.")
        if is_newest_first(asked) and (bucketed or asked.get("downsample")):
            self._refuse("newest", "Only readings themselves come newest first.")
        return asked

    def _refuse(self, field: str, words: str) -> None:
        self.add_error(field, ValidationError(words, code="does_not_go_together"))


def is_newest_first(asked: dict[str, Any]) -> bool:
    return asked.get("newest", "").lower() == "true"


def checked(form: type[forms.Form], request: Request) -> dict[str, Any]:
    """The parameters of the request as values. Raises a ValidationError that names each fault."""
    asked = form(request.query_params)
    if not asked.is_valid():
        raise translate_validation(asked.errors)
    return asked.cleaned_data


def sensors_named(codes: Iterable[str], site: str, asker: Principal) -> list[Sensor]:
    """The sensors of these codes that the asker may see, in the order of their ids."""
    found = Sensor.objects.visible_to(asker).filter(code__in=codes).order_by("pk")
    if site:
        found = found.filter(site__code=site)
    sensors: dict[str, Sensor] = {}
    for sensor in found:
        if sensor.code in sensors:
            raise AmbiguousSensor
        sensors[sensor.code] = sensor
    for code in codes:
        if code not in sensors:
            raise NotFound(f"There is no sensor {code!r}", code="unknown_sensor")
    return list(sensors.values())
