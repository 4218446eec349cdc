"""A curation is worked off in chunks: each is all or nothing, and the next goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sensors.aside import curating
from sensors.aside.curating import ask, work_off
from sensors.intake.decoding import ReadingIn
from sensors.models import Curation, QuarantinedReading, Reading, ReadingBatch, Site
from tests.factories import MINUTE, NOON, make_sensor, make_stored, reading

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sleeping_agents")]


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """No agent works the curations off: the tests do."""
    monkeypatch.setattr("agents.curate.send", lambda pk: None)


def replay() -> Curation:
    return ask(action="replay", chosen={}, sites=None, asked_by="erika")


def counts(batch: ReadingBatch) -> tuple[int, int, int, int]:
    """Stored, duplicates, conflicts and quarantined, as the database has them."""
    batch.refresh_from_db()
    return batch.stored, batch.duplicates, batch.conflicts, batch.quarantined


def states() -> list[str]:
    return list(QuarantinedReading.objects.order_by("pk").values_list("state", flat=True))


def test_it_goes_on_where_it_stood_and_ends_with_what_was_there_when_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curating, "AT_ONCE", 2)
    make_stored(site, *(reading("T9", i, NOON - MINUTE * i) for i in range(5)))
    make_sensor(site=site, code="T9")
    curation = replay()
    assert work_off(curation.pk)
    assert states() == ["stored", "stored", "waiting", "waiting", "waiting"]
    make_stored(site, reading("T8", 1))

    steps = [work_off(curation.pk) for _ in range(4)]

    assert steps == [True, True, False, False]
    curation.refresh_from_db()
    assert (curation.stored, curation.done, curation.state) == (5, 5, "finished")
    assert QuarantinedReading.objects.waiting().get().attempts == 0


def test_a_chunk_that_fails_leaves_everything_as_it_was(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = make_stored(site, reading("T9", 1))
    make_sensor(site=site, code="T9")
    curation = replay()

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(Curation, "record", _raise)
        work_off(curation.pk)

    assert Reading.objects.count() == 0
    assert (counts(batch), states()) == ((0, 0, 0, 1), ["waiting"])
    assert work_off(curation.pk)
    assert counts(batch) == (1, 0, 0, 0)


def _raise(*args: object, **kwargs: object) -> None:
    raise RuntimeError("killed")


def test_the_queries_of_a_chunk_do_not_grow_with_it(site: Site) -> None:
    def queries(readings: Sequence[ReadingIn]) -> int:
        for part in (readings[::2], readings[1::2]):
            make_stored(site, *part)
        site.sensors.update(retired_at=None)
        curation = replay()
        with CaptureQueriesContext(connection) as captured:
            work_off(curation.pk)
        return len(captured)

    few = [reading("T9", i, NOON - MINUTE * i) for i in range(4)]
    many = [reading("T8", i, NOON - MINUTE * i) for i in range(300)]
    make_sensor(site=site, code="T9", retired_at=NOON - timedelta(days=9))
    first = queries(few)
    make_sensor(site=site, code="T8", retired_at=NOON - timedelta(days=9))

    assert queries(many) == first
    assert Reading.objects.count() == 304
