"""Uploads, repairs, replays and discards in any order against a plain model of them."""

from __future__ import annotations

from collections import Counter
from typing import Any
from unittest.mock import patch

from django.db.models import Count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from sensors.aside import curating
from sensors.aside.curating import NothingWaitingError, ask, work_off
from sensors.models import (
    Curation,
    QuarantinedReading,
    Reading,
    ReadingBatch,
    ReadingConflict,
    Sensor,
)
from tests.factories import MINUTE, NOON, make_sensor, make_site, make_stored, reading

CODES = ("LIVE", "RETIRED", "UNKNOWN", "UNIT")
REASONS = {"RETIRED": "retired_sensor", "UNKNOWN": "unknown_sensor", "UNIT": "unit_mismatch"}

# Few sensors, moments and values, so that they meet.
row = st.tuples(st.sampled_from(CODES), st.integers(0, 3), st.sampled_from([1.0, 2.0]))
step = st.one_of(
    st.tuples(st.just("upload"), st.lists(row, min_size=1, max_size=8)),
    st.tuples(st.just("repair"), st.sampled_from(CODES[1:])),
    st.tuples(st.just("replay"), st.sampled_from([*CODES, ""])),
    st.tuples(st.just("discard"), st.sampled_from([*CODES, ""])),
)


class Model:
    """What should become of readings, in plain Python. A tally for each upload."""

    def __init__(self) -> None:
        self.table: dict[tuple[str, int], float] = {}
        self.sound = {"LIVE"}
        self.waiting: list[tuple[int, str, int, float]] = []
        self.tallies: list[Counter[str]] = []
        self.discarded = 0

    def upload(self, rows: list[tuple[str, int, float]]) -> None:
        self.tallies.append(Counter())
        for item in rows:
            self._take(len(self.tallies) - 1, *item)

    def replay(self, code: str) -> None:
        chosen = [item for item in self.waiting if code in ("", item[1])]
        self.waiting = [item for item in self.waiting if item not in chosen]
        for item in chosen:
            self.tallies[item[0]]["quarantined"] -= 1
            self._take(*item)
        self.waiting.sort(key=lambda item: item[0])

    def discard(self, code: str) -> None:
        kept = [item for item in self.waiting if code not in ("", item[1])]
        self.discarded += len(self.waiting) - len(kept)
        self.waiting = kept

    def _take(self, upload: int, code: str, minute: int, value: float) -> None:
        tally = self.tallies[upload]
        if code not in self.sound:
            tally["quarantined"] += 1
            self.waiting.append((upload, code, minute, value))
        elif (code, minute) not in self.table:
            self.table[code, minute] = value
            tally["stored"] += 1
        else:
            same = self.table[code, minute] == value
            tally["duplicates" if same else "conflicts"] += 1


class CuratingAgainstItsModelTest(TestCase):
    def setUp(self) -> None:
        self.site = make_site()
        make_sensor(site=self.site, code="LIVE", unit="bar")
        make_sensor(site=self.site, code="RETIRED", unit="bar", retired_at=NOON - MINUTE)
        make_sensor(site=self.site, code="UNIT", unit="psi")
        self.batches: list[ReadingBatch] = []

    def upload(self, rows: list[tuple[str, int, float]]) -> None:
        sent = [reading(c, value, NOON + MINUTE * at, unit="bar") for c, at, value in rows]
        self.batches.append(make_stored(self.site, *sent))

    def repair(self, code: str) -> None:
        Sensor.objects.filter(code=code).update(retired_at=None, unit="bar")
        if not Sensor.objects.filter(code=code).exists():
            make_sensor(site=self.site, code=code, unit="bar")

    def curate(self, action: str, code: str) -> None:
        chosen = {"sensor": code} if code else {}
        try:
            curation = ask(action=action, chosen=chosen, sites=None, asked_by="erika")
        except NothingWaitingError:
            return
        while work_off(curation.pk):
            pass
        curation.refresh_from_db()
        assert curation.done == curation.matched

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(step, min_size=1, max_size=9))
    def test_every_accepted_reading_is_counted_once(self, steps: list[tuple[str, Any]]) -> None:
        self.batches, model = [], Model()

        with patch.object(curating, "AT_ONCE", 3):
            for verb, what in steps:
                if verb == "upload":
                    self.upload(what)
                    model.upload(what)
                elif verb == "repair":
                    self.repair(what)
                    model.sound.add(what)
                else:
                    self.curate(verb, what)
                    getattr(model, verb)(what)

        self.assert_equal_to(model)

    def assert_equal_to(self, model: Model) -> None:
        names = ("stored", "duplicates", "conflicts", "quarantined")
        for batch, tally in zip(self.batches, model.tallies, strict=True):
            batch.refresh_from_db()
            assert {n: getattr(batch, n) for n in names} == {n: tally[n] for n in names}
            assert batch.stored == batch.readings.count()
            assert batch.conflicts == batch.conflict_set.count()
        total = sum(model.tallies, Counter())
        assert ReadingConflict.objects.count() == total["conflicts"]
        rows = QuarantinedReading.objects.order_by().values_list("state")
        states = Counter(dict(rows.annotate(Count("pk"))))
        assert (states["waiting"], states["discarded"]) == (len(model.waiting), model.discarded)
        assert states["waiting"] + states["discarded"] == total["quarantined"]
        settled = Counter(dict.fromkeys(("stored", "duplicates", "conflicts"), 0))
        for curation in Curation.objects.all():
            settled.update({n: getattr(curation, n) for n in settled})
        became = (states["stored"], states["duplicate"], states["conflict"])
        assert tuple(settled.values()) == became
        codes = dict(Sensor.objects.values_list("pk", "code"))
        table = {
            (codes[r.sensor_id], (r.taken_at - NOON) // MINUTE): r.value
            for r in Reading.objects.all()
        }
        assert table == model.table
