from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound

from sensors.api.authentication import principal
from sensors.models import Reading, Sensor


class MomentField(IsoDateTimeField):
    """A time that the database can hold: it knows fewer offsets than ISO 8601."""

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        try:
            return moment.astimezone(UTC) if moment else None
        except OverflowError as exc:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from exc


class MomentFilter(filters.IsoDateTimeFilter):
    field_class = MomentField


class AmbiguousSensor(APIException):
    """The code names a sensor at several of the sites that the client may see."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "ambiguous_sensor"
    default_detail = "Several sites have a sensor of this code. Say which with &site=CODE."


class ReadingFilterSet(filters.FilterSet):
    sensor = filters.CharFilter(method="of_sensor", required=True)
    site = filters.CharFilter(field_name="sensor__site__code")
    to = MomentFilter(field_name="taken_at", lookup_expr="lt")

    class Meta:
        model = Reading
        fields: list[str] = []

    def of_sensor(self, readings: QuerySet[Reading], name: str, code: str) -> QuerySet[Reading]:
        sensors = Sensor.objects.visible_to(principal(self.request)).filter(code=code)
        if site := self.form.cleaned_data["site"]:
            sensors = sensors.filter(site__code=site)
        found = list(sensors[:2])
        if not found:
            raise NotFound(f"There is no sensor {code!r}", code="unknown_sensor")
        if len(found) > 1:
            raise AmbiguousSensor
        return readings.filter(sensor=found[0])


# `from` is a word of Python's own, so it cannot be written as a class attribute.
ReadingFilterSet.base_filters["from"] = MomentFilter(field_name="taken_at", lookup_expr="gte")
