"""Random uploads by every way in, against a plain model of what should become of them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from sensors.intake.storing import store_readings
from sensors.models import Reading, Sensor, Site
from tests.factories import make_asset, make_site
from tests.ways import WAYS, Sample, newest_batch, without_broker

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
RETIRED_AT = datetime(2024, 2, 29, 12, tzinfo=UTC)

# Around each border there is: the first day and the last, leap days, the turn of a year,
# when a sensor was retired. Few, so that they meet.
MOMENTS = [
    EARLIEST,
    EARLIEST - TICK,
    datetime(1900, 2, 28, 23, 59, 59, tzinfo=UTC),
    datetime(2024, 2, 29, tzinfo=UTC),
    RETIRED_AT,
    RETIRED_AT - TICK,
    datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    NOW,
    NOW + timedelta(days=1),
    NOW + timedelta(days=1) - TICK,
    datetime(2200, 1, 1, tzinfo=UTC),
]
VALUES = ["0.0", "-0.0", "1.5", "2", "NaN", "Infinity", "-Infinity", "5e-324", "-1.7e308"]

offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
samples = st.builds(
    Sample,
    code=st.sampled_from(["T1", "P-101/DE.temp", "RETIRED", "UNKNOWN"]),
    at=st.builds(
        datetime.astimezone,
        st.sampled_from(MOMENTS)
        | st.datetimes(datetime(1999, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        offsets,
    ),
    value=st.sampled_from(VALUES) | st.floats(allow_nan=False, allow_infinity=False).map(repr),
    quality=st.sampled_from(["good", "uncertain", "bad"]),
    unit=st.sampled_from(["°C", "°C", "°C", "bar, abs", "1 = 2"]),
)
uploads = st.lists(st.lists(samples, min_size=1, max_size=8), min_size=1, max_size=3)

Row = tuple[str, datetime, str, str]


@dataclass(slots=True)
class Model:
    """What should become of samples, in plain Python."""

    table: dict[tuple[str, datetime], Row] = field(default_factory=dict)

    def take(self, upload: list[Sample]) -> Counter[str]:
        return Counter(self._take(sample) for sample in upload)

    def _take(self, sample: Sample) -> str:
        value, at = float(sample.value), sample.at.astimezone(UTC)
        if not math.isfinite(value):
            return "rejected"
        if (
            sample.code == "UNKNOWN"
            or (sample.code == "RETIRED" and at >= RETIRED_AT)
            or sample.unit != "°C"
            or not EARLIEST <= at < NOW + timedelta(days=1)
        ):
            return "quarantined"
        key = sample.code, at
        if key not in self.table:
            # The value as text: 0.0 and -0.0 are equal, but not the same.
            self.table[key] = (*key, repr(value), sample.quality)
            return "stored"
        return "duplicates" if float(self.table[key][2]) == value else "conflicts"


def make_plant() -> Site:
    asset = make_asset(site=make_site())
    Sensor.objects.bulk_create(
        Sensor(
            site=asset.site,
            asset=asset,
            code=code,
            unit="°C",
            retired_at=RETIRED_AT if code == "RETIRED" else None,
        )
        for code in ("T1", "P-101/DE.temp", "RETIRED")
    )
    return asset.site


def table_of(site: Site) -> list[Row]:
    stored = Reading.objects.filter(sensor__site=site).select_related("sensor")
    return sorted(
        (r.sensor.code, r.taken_at, repr(r.value), Reading.Quality(r.quality).name.lower())
        for r in stored
    )


TALLY = ("rejected", "stored", "duplicates", "conflicts", "quarantined")


@pytest.mark.django_db
@pytest.mark.usefixtures("sleeping_agents")
@pytest.mark.parametrize("way", WAYS)
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(uploads=uploads)
@example(uploads=[[Sample("T1", NOW, value) for value in VALUES]])
@example(uploads=[[Sample("T1", at, "1.5") for at in MOMENTS + MOMENTS]])
def test_all_that_is_sent_ends_as_the_model_says(
    way: str, uploads: list[list[Sample]], settings: Settings
) -> None:
    without_broker(settings)
    model = Model()
    with transaction.atomic(), time_machine.travel(NOW, tick=False):
        site = make_plant()
        for upload in uploads:
            expected = model.take(upload)
            if WAYS[way](site, upload):
                batch = newest_batch(site)
                store_readings([batch])
                batch.refresh_from_db()
                assert {n: getattr(batch, n) for n in TALLY} == {n: expected[n] for n in TALLY}
                assert batch.accepted + batch.rejected == len(upload)
            else:
                assert expected["rejected"] == len(upload)

        assert table_of(site) == sorted(model.table.values())
        transaction.set_rollback(True)
