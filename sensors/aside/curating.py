"""Have rows of the quarantine replayed or discarded, in chunks, each row once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from sensors import correlation
from sensors.aside.readmitting import readmit
from sensors.models import Curation, QuarantinedReading, Site
from sensors.signals import curation_asked

logger = logging.getLogger(__name__)

# Rows in one transaction: it holds its locks for about a second. Of waveforms there may be
# fewer among them, for each takes megabytes on its way.
AT_ONCE = 5_000
WAVEFORMS_AT_ONCE = 50


class NothingWaitingError(Exception):
    """No waiting row is meant, so there is nothing to do and nothing to show."""


@transaction.atomic
def ask(
    *,
    action: str,
    chosen: Mapping[str, Any],
    sites: list[int] | None,
    asked_by: str,
    note: str = "",
) -> Curation:
    """Ask that the waiting rows chosen, at these sites, be replayed or discarded.

    Raises NothingWaitingError if there is none.
    """
    if "site" in chosen:
        sites = _narrowed(sites, chosen["site"])
    rows = QuarantinedReading.objects.waiting().at(sites).matching(chosen)
    found = rows.aggregate(matched=Count("pk"), last_id=Max("pk"))
    if not found["matched"]:
        raise NothingWaitingError
    curation = Curation.objects.create(
        action=action,
        chosen=dict(chosen),
        sites=sites,
        asked_by=asked_by[:150],
        note=note,
        correlation_id=next(iter(correlation.request_ids()), ""),
        **found,
    )
    curation_asked.send(sender=Curation, curation=curation)
    return curation


def _narrowed(sites: list[int] | None, code: str) -> list[int]:
    """So that those who see only the one site see what was done there."""
    named = Site.objects.filter(code=code).values_list("pk", flat=True)
    return [pk for pk in named if sites is None or pk in sites]


def work_off(pk: int) -> bool:
    """Work off the next chunk of a curation. Says whether there may be another.

    The chunk and the record of it commit together. Rows that another curation is at are
    waited for and then left to what it made of them.
    """
    with transaction.atomic():
        free = Curation.objects.unfinished().select_for_update(skip_locked=True, no_key=True)
        curation = free.filter(pk=pk).first()
        if curation is None:
            return False
        ahead = QuarantinedReading.objects.of(curation).order_by("pk")
        ids = _few(list(ahead.values_list("pk", "waveform__pk")[:AT_ONCE]))
        if ids:
            _work_on(curation, ids)
            return True
        curation.finish(timezone.now())
        logger.info("%s is finished: %s rows", curation, curation.done)
        return False


def _few(rows: Sequence[tuple[int, int | None]]) -> list[int]:
    """The first rows, up to as many waveforms as can be at hand together."""
    waveforms = accumulate(waveform is not None for _, waveform in rows)
    pairs = zip(rows, waveforms, strict=True)
    return [pk for (pk, _), so_far in pairs if so_far <= WAVEFORMS_AT_ONCE]


def _work_on(curation: Curation, ids: list[int]) -> None:
    waiting = QuarantinedReading.objects.waiting().filter(pk__in=ids)
    # In one order, so that two curations cannot block each other.
    rows = list(waiting.order_by("pk").select_for_update())
    if curation.action == Curation.Action.REPLAY:
        tally = readmit(rows, curation)
    else:
        discarded = QuarantinedReading.State.DISCARDED
        QuarantinedReading.objects.settle([row.pk for row in rows], discarded, curation)
        tally = {"discarded": len(rows)}
    curation.record(tally, done_id=ids[-1])
