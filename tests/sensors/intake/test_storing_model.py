"""The counts of stored batches against a plain model of them, over random mixtures."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from sensors.intake.storing import store_readings
from sensors.models import QuarantinedReading, Reading, ReadingBatch, ReadingConflict, Sensor
from tests.factories import MINUTE, NOON, make_batch, make_sensor, make_site, reading

# A sensor that is there, one that is retired, one that nobody knows; few moments and
# values, so that they meet.
row = st.tuples(
    st.sampled_from(["LIVE", "LIVE2", "RETIRED", "UNKNOWN"]),
    st.integers(0, 3),
    st.sampled_from([1.0, 2.0]),
)
# Batches, and how many of them are stored together at a time.
mixture = st.lists(st.lists(row, min_size=1, max_size=8), min_size=1, max_size=4)


class Model:
    """What should become of readings, in plain Python."""

    def __init__(self) -> None:
        self.table: dict[tuple[str, int], float] = {}

    def store(self, rows: list[tuple[str, int, float]]) -> Counter[str]:
        tally: Counter[str] = Counter()
        for code, minute, value in rows:
            if code in ("RETIRED", "UNKNOWN"):
                tally["quarantined"] += 1
            elif (code, minute) not in self.table:
                self.table[code, minute] = value
                tally["stored"] += 1
            else:
                same = self.table[code, minute] == value
                tally["duplicates" if same else "conflicts"] += 1
        return tally


class StoringAgainstItsModelTest(TestCase):
    def setUp(self) -> None:
        self.site = make_site()
        for code in ("LIVE", "LIVE2"):
            make_sensor(site=self.site, code=code)
        make_sensor(site=self.site, code="RETIRED", retired_at=NOON - MINUTE)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(mixture, st.booleans())
    def test_the_counts_are_those_of_the_model(
        self, mixture: list[list[tuple[str, int, float]]], together: bool
    ) -> None:
        batches = []
        for rows in mixture:
            readings = [reading(code, value, NOON + MINUTE * at) for code, at, value in rows]
            batch = make_batch(self.site, readings)
            ReadingBatch.objects.filter(pk=batch.pk).update(received_at=NOON)
            batches.append(ReadingBatch.objects.get(pk=batch.pk))
        model = Model()
        expected = [model.store(rows) for rows in mixture]

        for part in [batches] if together else [[batch] for batch in batches]:
            store_readings(part)

        for batch, tally in zip(batches, expected, strict=True):
            batch.refresh_from_db()
            names = ("stored", "duplicates", "conflicts", "quarantined")
            assert {name: getattr(batch, name) for name in names} == {n: tally[n] for n in names}
        total = sum(expected, Counter())
        assert ReadingConflict.objects.count() == total["conflicts"]
        assert QuarantinedReading.objects.count() == total["quarantined"]
        codes = dict(Sensor.objects.values_list("pk", "code"))
        table = {
            (codes[r.sensor_id], (r.taken_at - NOON) // MINUTE): r.value
            for r in Reading.objects.all()
        }
        assert table == model.table
