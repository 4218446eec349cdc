from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from rest_framework import exceptions, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from sensors import correlation
from sensors.access import Principal, Right
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.serializers import SensorSerializer
from sensors.api.uploads import (
    BytesParser,
    KeyReused,
    LengthRequired,
    NothingAcceptable,
    UnreadableUpload,
)
from sensors.decoding import UnreadableUploadError, Upload, decode_upload
from sensors.ingest import (
    IdempotencyKeyReusedError,
    accept_batch,
    digest_of,
    may_register,
    source_of,
)
from sensors.models import ReadingBatch, Sensor, Site


class DataIngestView(Endpoint):
    """Accept readings. They are stored and looked at after the answer; see the receipt."""

    parser_classes = [BytesParser]

    def post(self, request: Request) -> Response:
        body, sender = _body(request), principal(request)
        upload = _decoded(body)
        site = _site(request, sender)
        key = getattr(request._request, "api_key", None)
        try:
            batch, created = accept_batch(
                site=site,
                source=source_of(key, sender),
                upload=upload,
                digest=digest_of(body),
                correlation_id=correlation.request_ids()[0],
                api_key=key,
                may_register=may_register(sender, site),
                idempotency_key=_idempotency_key(request),
            )
        except IdempotencyKeyReusedError as exc:
            raise KeyReused from exc
        code = status.HTTP_202_ACCEPTED if created else status.HTTP_200_OK
        where = {"Location": f"/api/v1/batches/{batch.pk}"}
        return Response(_receipt(batch), status=code, headers=where)


def _body(request: Request) -> bytes:
    if request.headers.get("Transfer-Encoding"):
        raise LengthRequired
    # DRF does not call a parser for an empty body.
    return request.data if isinstance(request.data, bytes) else b""


def _decoded(body: bytes) -> Upload:
    try:
        upload = decode_upload(body, most_readings=settings.MAX_READINGS_PER_BATCH)
    except UnreadableUploadError as exc:
        raise UnreadableUpload(str(exc), code=exc.code) from exc
    if not upload.readings:
        raise NothingAcceptable([asdict(rejection) for rejection in upload.rejections])
    return upload


def _site(request: Request, sender: Principal) -> Site:
    """The site that the readings belong to: the key's, or the only one of a person."""
    sites = Site.objects.all()
    allowed = sender.sites(Right.INGEST)
    if allowed is not None:
        sites = sites.filter(pk__in=allowed)
    if code := request.query_params.get("site"):
        sites = sites.filter(code=code)
    found = list(sites[:2])
    if len(found) != 1:
        raise exceptions.ValidationError({"site": "Say which site with ?site=CODE"}, code="site")
    return found[0]


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise exceptions.ValidationError(
            {"Idempotency-Key": "1 to 200 printable characters"}, code="invalid_idempotency_key"
        )
    return key


def _receipt(batch: ReadingBatch) -> dict[str, Any]:
    return {
        "batch_id": batch.pk,
        "correlation_id": batch.correlation_id,
        "accepted": batch.accepted,
        "rejected": batch.rejected,
        "rejections": batch.rejections,
        "receipt": f"/api/v1/batches/{batch.pk}",
    }


class SensorViewSet(Endpoint, viewsets.ReadOnlyModelViewSet[Sensor]):
    serializer_class = SensorSerializer
    filterset_fields = ["code", "kind", "asset__tag", "site__code"]

    def get_queryset(self) -> QuerySet[Sensor]:
        visible = Sensor.objects.visible_to(principal(self.request))
        return visible.select_related("asset", "site").order_by("pk")
