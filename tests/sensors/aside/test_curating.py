"""What is put aside can be taken back in, and each reading is still counted once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from maintenance.models import Anomaly
from sensors.aside.curating import NothingWaitingError, ask, work_off
from sensors.models import (
    Curation,
    QuarantinedReading,
    Reading,
    ReadingBatch,
    ReadingConflict,
    Site,
)
from tests.factories import MINUTE, NOON, make_sensor, make_site, make_stored, reading

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sleeping_agents")]

REPLAY, DISCARD = Curation.Action.REPLAY, Curation.Action.DISCARD
Quality, Flag = Reading.Quality, Reading.Flag


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """No agent works the curations off: the tests do."""
    monkeypatch.setattr("agents.curate.send", lambda pk: None)


def curate(action: str = REPLAY, sites: list[int] | None = None, **chosen: Any) -> Curation:
    """A curation of what was chosen, worked off to its end."""
    curation = ask(action=action, chosen=chosen, sites=sites, asked_by="erika")
    while work_off(curation.pk):
        pass
    curation.refresh_from_db()
    assert curation.state == "finished"
    return curation


def tally(curation: Curation) -> dict[str, int]:
    return {name: n for name in Curation.TALLIES if (n := getattr(curation, name))}


def counts(batch: ReadingBatch) -> tuple[int, int, int, int]:
    """Stored, duplicates, conflicts and quarantined, as the database has them."""
    batch.refresh_from_db()
    return batch.stored, batch.duplicates, batch.conflicts, batch.quarantined


def states() -> list[str]:
    return list(QuarantinedReading.objects.order_by("pk").values_list("state", flat=True))


def test_a_replay_stores_what_an_unknown_sensor_sent_once_it_is_known(site: Site) -> None:
    batch = make_stored(
        site, reading("T9", 1.5, quality="uncertain"), reading("T9", 2, NOON - MINUTE)
    )
    sensor = make_sensor(site=site, code="T9")

    curation = curate()

    assert tally(curation) == {"stored": 2}
    assert counts(batch) == (2, 0, 0, 0)
    assert batch.sensor_ids == {sensor.pk}
    row = Reading.objects.get(taken_at=NOON)
    assert (row.value, row.quality, row.batch) == (1.5, Quality.UNCERTAIN, batch)
    assert states() == ["stored", "stored"]


def test_a_row_keeps_who_had_it_replayed_when_and_what_became_of_it(site: Site) -> None:
    make_stored(site, reading("T9", 1))
    make_sensor(site=site, code="T9")

    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        curation = curate(reason="unknown_sensor")

    row = QuarantinedReading.objects.get()
    assert (row.state, row.attempts, row.curation) == ("stored", 1, curation)
    assert row.settled_at == NOON + timedelta(days=2)
    assert (curation.asked_by, curation.chosen) == ("erika", {"reason": "unknown_sensor"})
    assert (curation.matched, curation.done) == (1, 1)


def test_what_is_still_wrong_stays_with_the_reason_of_today(site: Site) -> None:
    batch = make_stored(site, reading("T9", 1, unit="psi"), reading("T8", 1))
    make_sensor(site=site, code="T9", unit="bar")

    first, second = curate(), curate()

    assert tally(first) == tally(second) == {"still_quarantined": 2}
    assert counts(batch) == (0, 0, 0, 2)
    rows = QuarantinedReading.objects.order_by("pk")
    assert [(r.reason, r.state, r.attempts) for r in rows] == [
        ("unit_mismatch", "waiting", 2),
        ("unknown_sensor", "waiting", 2),
    ]
    assert {row.curation for row in rows} == {second}


@pytest.mark.parametrize(
    ("fields", "fixed", "sent"),
    [
        ({"retired_at": NOON - MINUTE}, {"retired_at": None}, {}),
        ({"unit": "bar"}, {"unit": "psi"}, {"unit": "psi"}),
    ],
    ids=["taken back into use", "unit corrected"],
)
def test_once_the_cause_is_fixed_a_replay_stores(
    site: Site, fields: Any, fixed: Any, sent: Any
) -> None:
    sensor = make_sensor(site=site, code="T1", **fields)
    batch = make_stored(site, reading("T1", 1, **sent))
    assert counts(batch) == (0, 0, 0, 1)
    type(sensor).objects.update(**fixed)

    assert tally(curate()) == {"stored": 1}


def test_the_time_of_arrival_stays_that_of_the_batch(site: Site) -> None:
    """A day later, a moment that was impossible on arrival would look possible."""
    ahead = reading("T9", 1, NOON + timedelta(hours=1))
    batch = make_stored(site, ahead, reading("T9", 1, NOON + timedelta(days=2)))
    make_sensor(site=site, code="T9")

    with time_machine.travel(NOON + timedelta(days=9), tick=False):
        curation = curate()

    assert tally(curation) == {"stored": 1, "still_quarantined": 1}
    assert counts(batch) == (1, 0, 0, 1)
    assert Reading.objects.get().flags == Flag.FUTURE
    assert QuarantinedReading.objects.waiting().get().reason == "impossible_time"


def test_duplicates_and_conflicts_are_counted_on_the_receipt_they_came_on(site: Site) -> None:
    batch = make_stored(site, reading("T9", 1), reading("T9", 2), reading("T9", 1))
    sensor = make_sensor(site=site, code="T9")
    make_stored(site, reading("T9", 2))

    curation = curate()

    assert tally(curation) == {"duplicates": 1, "conflicts": 2}
    assert counts(batch) == (0, 1, 2, 0)
    assert states() == ["conflict", "duplicate", "conflict"]
    conflicts = ReadingConflict.objects.all()
    assert {(c.batch, c.site, c.sensor, c.stored_value, c.offered_value) for c in conflicts} == {
        (batch, site, sensor, 2, 1)
    }


def test_what_was_stored_before_is_still_found_from_its_batch(site: Site) -> None:
    sensor = make_sensor(site=site, code="T1")
    batch = make_stored(site, reading("T1", 1), reading("T9", 1, NOON - timedelta(days=1)))
    other = make_sensor(site=site, code="T9")

    curate()

    batch.refresh_from_db()
    assert batch.sensor_ids == {sensor.pk, other.pk}
    assert counts(batch) == (2, 0, 0, 0)


def test_what_is_replayed_is_graded_but_raises_no_alarm(site: Site) -> None:
    make_stored(site, reading("T9", 500))
    make_sensor(site=site, code="T9", plausible_high=100, alarm_high=90)

    curate()

    row = Reading.objects.get()
    assert (row.quality, row.flags) == (Quality.BAD, Flag.OUT_OF_RANGE)
    assert Anomaly.objects.count() == 0


def test_a_discarded_reading_stays_where_it_is(site: Site) -> None:
    batch = make_stored(site, reading("T9", 1), reading("T8", 1))
    make_sensor(site=site, code="T9")

    curation = curate(DISCARD, sensor="T9")

    assert tally(curation) == {"discarded": 1}
    assert states() == ["discarded", "waiting"]
    assert counts(batch) == (0, 0, 0, 2)
    with pytest.raises(NothingWaitingError):
        curate(sensor="T9")


@pytest.mark.parametrize(
    ("chosen", "codes"),
    [
        ({}, ["A1", "A2", "B1"]),
        ({"sensor": "A1"}, ["A1"]),
        ({"sensor_prefix": "A"}, ["A1", "A2"]),
        ({"reason": "impossible_time"}, ["B1"]),
        ({"since": "2026-06-01T12:00:00+00:00"}, ["A2", "B1"]),
        ({"until": "2026-06-01T12:00:00+00:00"}, ["A1"]),
        ({"sensor_prefix": "A", "since": "2026-06-01T12:00:00+00:00"}, ["A2"]),
    ],
)
def test_rows_are_chosen_by_what_is_known_of_them(
    site: Site, chosen: dict[str, Any], codes: list[str]
) -> None:
    make_sensor(site=site, code="B1")
    make_stored(
        site, reading("A1", 1), reading("A2", 1), reading("B1", 1, NOON.replace(year=1970))
    )
    times = {"A1": NOON - MINUTE, "A2": NOON, "B1": NOON}
    for code, at in times.items():
        QuarantinedReading.objects.filter(sensor_code=code).update(quarantined_at=at)

    curation = curate(**chosen)

    assert curation.matched == curation.done == len(codes)
    assert sorted(curation.rows.values_list("sensor_code", flat=True)) == codes


def test_rows_of_other_sites_are_left_alone_whatever_was_chosen(site: Site) -> None:
    other = make_site()
    mine, theirs = make_stored(site, reading("T9", 1)), make_stored(other, reading("T9", 1))
    for at in (site, other):
        make_sensor(site=at, code="T9")
    ids = list(QuarantinedReading.objects.values_list("pk", flat=True))

    assert tally(curate(sites=[site.pk], ids=ids)) == {"stored": 1}

    assert (counts(mine), counts(theirs)) == ((1, 0, 0, 0), (0, 0, 0, 1))
    with pytest.raises(NothingWaitingError):
        curate(sites=[site.pk], site=other.code)


@pytest.mark.parametrize("kept", [{}, {"value": "x"}, {"sensor_id": "T9", "value": 1, "odd": 2}])
def test_what_is_no_reading_any_more_stays(site: Site, kept: dict[str, Any]) -> None:
    batch = make_stored(site, reading("T9", 1), reading("T9", 2))
    QuarantinedReading.objects.filter(reading__value=1).update(reading=kept)
    make_sensor(site=site, code="T9")

    assert tally(curate()) == {"stored": 1, "still_quarantined": 1}
    assert counts(batch) == (1, 0, 0, 1)
