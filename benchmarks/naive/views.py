"""Readings through a serializer into bulk_create, and out through an aggregate."""

from __future__ import annotations

from typing import Any

from django.db.models import Avg, Count, Max, Min
from django.db.models.functions import TruncHour
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sensors.models import Reading, Sensor


class HasKey(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.auth is not None


class ReadingSerializer(serializers.Serializer[Any]):
    sensor_id = serializers.CharField(max_length=100)
    value = serializers.FloatField()
    timestamp = serializers.DateTimeField()


class IngestView(APIView):
    """Stores before it answers, in the table that ours stores in, under the same key.

    It looks the sensors up in one query, which not every first version would.
    """

    permission_classes = [HasKey]

    def post(self, request: Request) -> Response:
        data = request.data if isinstance(request.data, list) else [request.data]
        serializer = ReadingSerializer(data=data, many=True)
        serializer.is_valid(raise_exception=True)
        rows = serializer.validated_data
        sensors = dict(
            Sensor.objects.filter(code__in={row["sensor_id"] for row in rows}).values_list(
                "code", "id"
            )
        )
        Reading.objects.bulk_create(
            [
                Reading(
                    sensor_id=sensors[row["sensor_id"]],
                    taken_at=row["timestamp"],
                    value=row["value"],
                    batch_id=0,
                )
                for row in rows
            ],
            ignore_conflicts=True,
        )
        return Response({"stored": len(rows)}, status=201)


class SeriesView(APIView):
    """Hourly values of a sensor, from the readings themselves."""

    permission_classes = [HasKey]

    def get(self, request: Request) -> Response:
        asked = request.query_params
        readings = Reading.objects.filter(
            sensor__code=asked["sensor"], taken_at__gte=asked["from"], taken_at__lt=asked["to"]
        )
        hours = readings.annotate(hour=TruncHour("taken_at")).values("hour").order_by("hour")
        return Response(
            list(hours.annotate(Min("value"), Max("value"), Avg("value"), Count("value")))
        )
