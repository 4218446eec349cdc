from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from rest_framework import status, viewsets
from rest_framework.request import Request

from sensors.api.answers import json_answer
from sensors.api.authentication import principal
from sensors.api.bodies import body_of
from sensors.api.endpoints import Endpoint
from sensors.api.formats import decoder_for
from sensors.api.intake import Intake, receipt_of, site_of
from sensors.api.serializers import SensorSerializer
from sensors.api.uploads import NothingAcceptable, UnreadableUpload
from sensors.intake.decoding import UnreadableUploadError
from sensors.models import ReadingBatch, Sensor


class DataIngestView(Intake):
    """Accept readings. They are stored and looked at after the answer; see the receipt."""

    def post(self, request: Request) -> HttpResponseBase:
        decode = decoder_for(request)
        body = body_of(request)
        try:
            upload = decode(body)
        except UnreadableUploadError as exc:
            raise UnreadableUpload(str(exc), code=exc.code) from exc
        if not upload.readings:
            raise NothingAcceptable(upload)
        site = site_of(request, principal(request))
        batch, created = self.take_in(request, site, upload, body)
        code = status.HTTP_202_ACCEPTED if created else status.HTTP_200_OK
        answer = json_answer(_receipt(batch), code)
        answer.headers["Location"] = receipt_of(batch)
        return answer


def _receipt(batch: ReadingBatch) -> dict[str, Any]:
    return {
        "batch_id": batch.pk,
        "correlation_id": batch.correlation_id,
        "accepted": batch.accepted,
        "rejected": batch.rejected,
        "rejections": batch.rejections,
        "receipt": receipt_of(batch),
    }


class SensorViewSet(Endpoint, viewsets.ReadOnlyModelViewSet[Sensor]):
    serializer_class = SensorSerializer
    filterset_fields = ["code", "kind", "asset__tag", "site__code"]

    def get_queryset(self) -> QuerySet[Sensor]:
        visible = Sensor.objects.visible_to(principal(self.request))
        return visible.select_related("asset", "site", "gate", "derived_from").order_by("pk")
