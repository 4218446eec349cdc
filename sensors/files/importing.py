"""Store a file of readings as history: chunk by chunk, and only what is not there yet.

Each chunk is a batch whose idempotency key is made of the import's identity and the
place of the chunk's first reading. So the receipts in the database say how far an import
has come, however it ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from django.db import IntegrityError, reset_queries, transaction

from sensors.csv.columns import Parsed
from sensors.files.ahead import ahead
from sensors.files.backfill import store_history
from sensors.intake.decoding import ReadingIn
from sensors.intake.registration import register_on
from sensors.models import Asset, ReadingBatch, Sensor, Site

SOURCE = "import"


class OtherAssetError(Exception):
    """A sensor that is to be on one asset is on another."""


class OtherImportError(Exception):
    """Another import stores the same file at the same time, in other chunks."""


@dataclass(slots=True)
class Tally:
    """What became of a file. Of lines and rejects all are counted in every call."""

    lines: int = 0
    empty: int = 0
    rejected: int = 0
    accepted: int = 0
    before: int = 0  # Accepted by an earlier call with the same file
    stored: int = 0
    duplicates: int = 0
    conflicts: int = 0
    quarantined: int = 0

    def count_line(self, parsed: Parsed) -> None:
        self.lines += 1
        self.empty += parsed.empty
        self.rejected += len(parsed.rejects)
        self.accepted += len(parsed.readings)

    def count_receipt(self, batch: ReadingBatch) -> None:
        self.stored += batch.stored
        self.duplicates += batch.duplicates
        self.conflicts += batch.conflicts
        self.quarantined += batch.quarantined


@dataclass(slots=True)
class Destination:
    """Where readings go: a site, and the asset that new sensors are put on, if any."""

    site: Site
    asset_tag: str = ""
    may_register: bool = False
    _placed: set[str] = field(default_factory=set)

    def check(self, sensor_ids: Iterable[str]) -> None:
        """Raise OtherAssetError if one of the sensors exists on another asset."""
        if not self.asset_tag:
            return
        elsewhere = (
            Sensor.objects.filter(site=self.site, code__in=list(sensor_ids))
            .exclude(asset__tag__in=[self.asset_tag, Asset.UNASSIGNED])
            .select_related("asset")
            .first()
        )
        if elsewhere:
            raise OtherAssetError(
                f"The sensor {elsewhere.code} is on the asset {elsewhere.asset.tag} already; "
                "give a prefix, or no asset if that sensor is meant"
            )

    def place(self, readings: Iterable[ReadingIn]) -> None:
        """Put sensors that are new on the asset."""
        if not self.asset_tag:
            return
        unplaced = [r for r in readings if r.sensor_id not in self._placed]
        if unplaced:
            register_on(site=self.site, tag=self.asset_tag, readings=unplaced)
            self._placed |= {reading.sensor_id for reading in unplaced}


def identity_of(*, digest: str, reading_as: str, destination: Destination) -> str:
    """Names an import: the same file, read alike, for the same place.

    Read in another way it is another import: its readings are other ones.
    """
    place = f"{destination.asset_tag}\n{destination.may_register}"
    return hashlib.sha256(f"{digest}\n{reading_as}\n{place}".encode()).hexdigest()[:32]


def import_history(
    lines: Iterable[Parsed],
    *,
    destination: Destination,
    identity: str,
    chunk_size: int,
    tally: Tally,
) -> Iterator[None]:
    """Store the readings of the lines as a backfill; yields after each chunk.

    What an earlier call with the same identity stored is passed over. Lines are read in
    another thread, a chunk ahead.
    """
    done = done_before(destination.site, identity)
    end = 0
    with closing(ahead(chunks(lines, chunk_size))) as read:
        for chunk in read:
            begin, end = end, end + len(chunk)
            known = min(max(done - begin, 0), len(chunk))
            tally.before += known
            if known < len(chunk):
                _store(chunk[known:], begin + known, destination, identity, tally)
            yield


def chunks(lines: Iterable[Parsed], size: int) -> Iterator[list[ReadingIn]]:
    """The readings in lists of at least `size`; those of one line stay together."""
    chunk: list[ReadingIn] = []
    for parsed in lines:
        chunk += parsed.readings
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def done_before(site: Site, identity: str) -> int:
    """How many readings, from the first one on, an import has stored already."""
    batches = ReadingBatch.objects.filter(
        site=site, source=SOURCE, idempotency_key__startswith=f"{identity}:"
    )
    sizes = {
        int((key or "").rpartition(":")[2]): accepted
        for key, accepted in batches.values_list("idempotency_key", "accepted")
    }
    done = 0
    while size := sizes.get(done):
        done += size
    return done


def _store(
    readings: list[ReadingIn], begin: int, destination: Destination, identity: str, tally: Tally
) -> None:
    key = f"{identity}:{begin}"
    try:
        with transaction.atomic():
            destination.place(readings)
            batch = store_history(
                site=destination.site,
                source=SOURCE,
                readings=readings,
                idempotency_key=key,
                correlation_id=f"import-{key}"[:64],
                may_register=destination.may_register,
            )
    except IntegrityError:
        # An import that was killed may have finished its last chunk after we looked.
        kept = ReadingBatch.objects.filter(
            site=destination.site, source=SOURCE, idempotency_key=key
        ).first()
        if kept is None:
            raise
        if kept.accepted != len(readings):
            raise OtherImportError("Another import of the same file is under way") from None
        tally.before += len(readings)
    else:
        tally.count_receipt(batch)
    # With DEBUG on, Django keeps every query, and these are long.
    reset_queries()
