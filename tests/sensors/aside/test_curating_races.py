"""Two people at the same rows at the same moment, each with a connection of their own."""

from __future__ import annotations

import pytest

from sensors.aside import curating
from sensors.aside.curating import ask, work_off
from sensors.aside.resolving import ResolvingError, resolve_conflicts
from sensors.intake.storing import store_readings
from sensors.models import (
    Curation,
    QuarantinedReading,
    Reading,
    ReadingBatch,
    ReadingConflict,
    Sensor,
    Site,
)
from tests.factories import MINUTE, NOON, make_batch, make_sensor, make_site, make_stored, reading
from tests.races import race

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sleeping_agents"),
]

ROWS = 120


@pytest.fixture
def aside(monkeypatch: pytest.MonkeyPatch, sleeping_agents: None) -> Site:
    """A site with rows in quarantine, on several receipts, whose sensor is known by now."""
    monkeypatch.setattr("agents.curate.send", lambda pk: None)
    monkeypatch.setattr(curating, "AT_ONCE", 25)
    site = make_site()
    readings = [reading("T9", i % 7, NOON - MINUTE * (i // 2)) for i in range(ROWS)]
    for part in (readings[::3], readings[1::3], readings[2::3]):
        make_stored(site, *part)
    make_sensor(site=site, code="T9")
    return site


def asked(action: str = "replay") -> Curation:
    return ask(action=action, chosen={}, sites=None, asked_by="erika")


def work_to_the_end(curation: Curation) -> None:
    while work_off(curation.pk):
        pass


def total(name: str) -> int:
    return sum(Curation.objects.values_list(name, flat=True))


def assert_each_is_counted_once() -> None:
    receipts = ReadingBatch.objects.values_list("stored", "duplicates", "conflicts", "quarantined")
    stored, duplicates, conflicts, quarantined = (
        sum(column) for column in zip(*receipts, strict=True)
    )
    assert stored == Reading.objects.count() == total("stored")
    assert duplicates == total("duplicates")
    assert conflicts == ReadingConflict.objects.count() == total("conflicts")
    assert stored + duplicates + conflicts + quarantined == ROWS
    settled = QuarantinedReading.objects.exclude(state__in=("waiting", "discarded"))
    assert settled.count() == ROWS - quarantined


@pytest.mark.usefixtures("aside")
def test_two_replays_of_the_same_rows_store_and_count_each_once() -> None:
    first, second = asked(), asked()

    race(*(lambda c=c: work_to_the_end(c) for c in (first, second)))

    assert_each_is_counted_once()
    assert QuarantinedReading.objects.waiting().count() == 0
    assert {c.state for c in Curation.objects.all()} == {"finished"}


@pytest.mark.usefixtures("aside")
def test_two_messages_of_one_replay_do_not_count_twice() -> None:
    curation = asked()

    race(*(lambda: work_to_the_end(curation) for _ in range(3)))
    work_to_the_end(curation)

    assert_each_is_counted_once()
    curation.refresh_from_db()
    assert curation.done == curation.matched == ROWS


@pytest.mark.usefixtures("aside")
def test_a_row_is_replayed_or_discarded_and_never_both() -> None:
    first, second = asked("replay"), asked("discard")

    race(*(lambda c=c: work_to_the_end(c) for c in (first, second)))

    assert_each_is_counted_once()
    discarded = QuarantinedReading.objects.filter(state="discarded").count()
    assert total("discarded") == discarded
    assert sum(curation.done for curation in Curation.objects.all()) == ROWS


@pytest.mark.usefixtures("aside")
def test_a_replay_and_new_readings_of_the_same_moments_do_not_block_each_other() -> None:
    curation = asked()
    sensor = Sensor.objects.get()
    fresh = make_batch(sensor.site, [reading(sensor, -1, NOON - MINUTE * i) for i in range(60)])
    ReadingBatch.objects.filter(pk=fresh.pk).update(received_at=NOON)
    fresh.refresh_from_db()

    race(lambda: work_to_the_end(curation), lambda: store_readings([fresh]))

    fresh.refresh_from_db()
    assert fresh.stored + fresh.conflicts == 60
    assert Reading.objects.count() == 60
    assert QuarantinedReading.objects.waiting().count() == 0


def test_two_people_resolve_a_conflict_once() -> None:
    sensor = make_sensor()
    for value in (1, 2):
        make_stored(sensor.site, reading(sensor, value))
    conflict = ReadingConflict.objects.get()

    def resolve(choice: str, by: str) -> str:
        try:
            resolve_conflicts(ids=[conflict.pk], choice=choice, by=by)
        except ResolvingError as exc:
            return exc.code
        return by

    ends = race(
        lambda: resolve("keep_stored", "erika"), lambda: resolve("take_offered", "manfred")
    )

    conflict.refresh_from_db()
    assert sorted(ends) == sorted(["already_resolved", conflict.resolved_by])
    taken = conflict.resolution == "take_offered"
    assert Reading.objects.get().value == (2 if taken else 1)
