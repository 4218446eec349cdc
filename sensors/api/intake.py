"""What all ways in by HTTP share, whatever the format and the form of the answer."""

from __future__ import annotations

from typing import Any

from rest_framework import exceptions
from rest_framework.request import Request

from sensors import correlation
from sensors.access import Principal, Right
from sensors.api.authentication import principal
from sensors.api.bodies import Body
from sensors.api.endpoints import Endpoint
from sensors.api.throttling import refuse_if_full
from sensors.api.uploads import KeyReused
from sensors.intake.decoding import Upload
from sensors.intake.ingest import (
    IdempotencyKeyReusedError,
    accept_batch,
    digest_of,
    may_register,
    source_of,
)
from sensors.models import ApiKey, ReadingBatch, Site


class Intake(Endpoint):
    """A view that takes readings in."""

    # The body is read as it is, see bodies.py.
    parser_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Before the body is read: what is not kept need not be read either.
        refuse_if_full()

    def take_in(
        self, request: Request, site: Site, upload: Upload, body: Body
    ) -> tuple[ReadingBatch, bool]:
        """Keep an upload; say whether it is new."""
        sender = principal(request)
        key = getattr(request._request, "api_key", None)
        try:
            return accept_batch(
                site=site,
                source=source_of(key, sender),
                upload=upload,
                digest=digest_of(body.data, upload.mode, *_read_as(request)),
                correlation_id=correlation.request_ids()[0],
                api_key=key,
                may_register=may_register(sender, site),
                idempotency_key=_idempotency_key(request),
            )
        except IdempotencyKeyReusedError as exc:
            raise KeyReused from exc


def receipt_of(batch: ReadingBatch) -> str:
    return f"/api/v1/batches/{batch.pk}"


def site_of(request: Request, sender: Principal) -> Site:
    """The site that the readings belong to: the key's, or the only one of a person."""
    key: ApiKey | None = getattr(request._request, "api_key", None)
    if key and "site" not in request.query_params:
        return key.site
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


def _read_as(request: Request) -> list[str]:
    """What the query says about how the body is to be read, but for the mode."""
    return [request.query_params.get(name, "") for name in ("delimiter", "decimal", "precision")]


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise exceptions.ValidationError(
            {"Idempotency-Key": "1 to 200 printable characters"}, code="invalid_idempotency_key"
        )
    return key
