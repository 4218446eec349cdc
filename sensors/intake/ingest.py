"""Take uploads in: keep each once, as a batch that waits to be stored."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from dataclasses import asdict

from django.db import IntegrityError, transaction

from sensors.access import Principal, Right
from sensors.intake.decoding import Upload, encode_readings
from sensors.models import ApiKey, ReadingBatch, Site
from sensors.signals import batch_received
from sensors.store.inserting import insert_row


class IdempotencyKeyReusedError(Exception):
    """The same key came with other readings. Answering it as a repeat would lose them."""


def source_of(key: ApiKey | None, principal: Principal) -> str:
    """The name under which idempotency keys of this sender are told apart."""
    return f"key:{key.pk}" if key else f"user:{principal.name}"[:100]


def accept_batch(
    *,
    site: Site,
    source: str,
    upload: Upload,
    digest: str,
    correlation_id: str,
    api_key: ApiKey | None = None,
    may_register: bool = False,
    idempotency_key: str | None = None,
) -> tuple[ReadingBatch, bool]:
    """Keep an upload; say whether it is new. A repeated key is not an error.

    Raises IdempotencyKeyReusedError if the key was used with another upload.
    """
    if idempotency_key and (kept := _kept(site, source, idempotency_key)):
        return _same(kept, digest), False
    batch = ReadingBatch(
        site=site,
        source=source,
        api_key=api_key,
        idempotency_key=idempotency_key,
        correlation_id=correlation_id,
        mode=upload.mode,
        may_register=may_register,
        digest=digest,
        payload=encode_readings(upload.readings),
        accepted=len(upload.readings),
        rejected=upload.rejected,
        rejections=[asdict(rejection) for rejection in upload.rejections],
    )
    try:
        # Without a key there is nothing to collide with: one statement, one commit.
        with transaction.atomic() if idempotency_key else nullcontext():
            insert_row(batch)
            batch_received.send(sender=ReadingBatch, batch=batch)
    except IntegrityError:
        # Another request with the same key was faster. Without a key it is something
        # else, such as an API key that is gone: not to be answered as a repeat.
        kept = _kept(site, source, idempotency_key) if idempotency_key else None
        if kept is None:
            raise
        return _same(kept, digest), False
    return batch, True


def digest_of(body: bytes, *read_as: str) -> str:
    """Names an upload: the same body, read in another way, is another one."""
    digest = hashlib.sha256(repr(read_as).encode())
    digest.update(body)
    return digest.hexdigest()


def may_register(principal: Principal, site: Site) -> bool:
    sites = principal.sites(Right.REGISTER)
    return sites is None or site.pk in sites


def _kept(site: Site, source: str, idempotency_key: str | None) -> ReadingBatch | None:
    return (
        ReadingBatch.objects.defer("payload")
        .filter(site=site, source=source, idempotency_key=idempotency_key)
        .first()
    )


def _same(kept: ReadingBatch, digest: str) -> ReadingBatch:
    if kept.digest != digest:
        raise IdempotencyKeyReusedError
    return kept
