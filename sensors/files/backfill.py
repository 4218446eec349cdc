"""Store history at once, without a run: old readings are kept but raise no alarm."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.db import transaction

from sensors.intake.decoding import ReadingIn, encode_readings
from sensors.intake.storing import store_brought
from sensors.intake.validation import grade_readings
from sensors.models import ReadingBatch, Site


@transaction.atomic
def store_history(
    *,
    site: Site,
    source: str,
    readings: Sequence[ReadingIn],
    idempotency_key: str,
    correlation_id: str,
    may_register: bool = False,
) -> ReadingBatch:
    """Store readings as a backfill batch and return its receipt, in one transaction.

    Raises IntegrityError if the source has used the key before.
    """
    batch = ReadingBatch.objects.create(
        site=site,
        source=source,
        idempotency_key=idempotency_key,
        correlation_id=correlation_id,
        mode=ReadingBatch.Mode.BACKFILL,
        # Never waiting: no run is to take it.
        status=ReadingBatch.Status.CLAIMED,
        may_register=may_register,
        digest=hashlib.sha256(encode_readings(list(readings))).hexdigest(),
        accepted=len(readings),
    )
    store_brought({batch: readings})
    grade_readings([batch])
    return batch
