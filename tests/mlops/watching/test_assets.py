"""What is known of an asset may not depend on how its readings came."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents.detect import detect, record_anomalies
from agents.models import PipelineRun
from maintenance.decision import decide_undecided
from maintenance.models import Anomaly, Symptom
from mlops import artifacts, registry, tasks
from mlops.learning.fitting import fit_asset
from mlops.models import AssetState, ModelVersion
from sensors.models import Asset, Reading, ReadingBatch, Sensor
from tests.factories import NOON, make_asset, make_run
from tests.mlops.pumps import BREAKS, at, broken, brought, courses, make_pump, sensors_of
from tests.races import race

pytestmark = pytest.mark.django_db

ROWS = 70
RELATION = Symptom.Kind.RELATION
VALIDATED = PipelineRun.Stage.VALIDATED


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACTS_DIR = str(tmp_path / "artifacts")


@pytest.fixture
def pump() -> Asset:
    asset = make_pump()
    fitted = fit_asset(asset, until=NOON)
    assert fitted and fitted.is_active
    return asset


def bring(asset: Asset, size: int, values: Any = None, rows: int = ROWS) -> None:
    values = broken(rows) if values is None else values
    for start in range(0, rows, size):
        record_anomalies([brought(asset, values, range(start, min(start + size, rows)))])


def relations(asset: Asset) -> list[dict[str, Any]]:
    names = ("started_at", "last_seen_at", "ended_at", "scored_until", "peak_at", "reason")
    found = Symptom.objects.filter(asset=asset, kind=RELATION).order_by("started_at")
    return [{name: getattr(symptom, name) for name in names} for symptom in found]


def test_a_relation_that_breaks_is_a_symptom_of_the_asset(pump: Asset) -> None:
    bring(pump, ROWS)

    symptom = Symptom.objects.get(kind=RELATION)
    codes = [sensor.code for sensor in sensors_of(pump)]
    assert symptom.sensor is None
    assert symptom.detector == "level_and_pattern#1"
    assert at(BREAKS) <= symptom.started_at <= at(BREAKS + 12)
    assert symptom.evidence["contributions"].keys() == set(codes)
    assert sum(symptom.evidence["contributions"].values()) == pytest.approx(1, abs=0.01)
    assert symptom.foremost.code in codes
    assert codes[0] in symptom.reason
    assert "column" not in symptom.reason


def test_each_sensor_alone_stays_within_its_own_range(pump: Asset) -> None:
    history = courses(600)

    for before, after in zip(history, broken(ROWS), strict=True):
        assert before.min() <= after.min() and after.max() <= before.max()


def test_a_normal_course_is_no_symptom(pump: Asset) -> None:
    bring(pump, 10, courses(ROWS, seed=5))

    assert not Symptom.objects.filter(kind=RELATION).exists()
    assert AssetState.objects.get().until == at(ROWS - 2)


def test_it_joins_what_deviates_on_a_sensor_at_the_same_time(pump: Asset) -> None:
    speed, flow = broken(ROWS)
    flow[-12:] += 4_000
    bring(pump, ROWS, (speed, flow))

    anomaly = Anomaly.objects.get()
    assert set(anomaly.symptoms.values_list("kind", flat=True)) == {"deviation", "relation"}
    assert anomaly.kind == Anomaly.Kind.DEVIATION
    assert anomaly.contributions.keys() == {sensor.code for sensor in sensors_of(pump)}


@pytest.mark.parametrize("size", [1, 7, 33])
def test_batches_of_any_size_lead_to_the_same_state_and_symptoms(size: int) -> None:
    at_once, in_parts = make_pump(), make_pump()
    for asset in (at_once, in_parts):
        fit_asset(asset, until=NOON)

    bring(at_once, ROWS)
    bring(in_parts, size)

    one, other = (AssetState.objects.get(asset=asset) for asset in (at_once, in_parts))
    assert one.until == other.until
    np.testing.assert_allclose(
        np.frombuffer(one.state), np.frombuffer(other.state), rtol=1e-9, atol=1e-9
    )
    expected = [
        row | {"reason": row["reason"].replace(at_once.tag, in_parts.tag)}
        for row in relations(at_once)
    ]
    assert relations(in_parts) == expected != []


def test_a_run_that_dies_and_is_done_again_leaves_one_mark(
    pump: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(pump, ROWS, rows=30)
    before = AssetState.objects.get()
    run = make_run(brought(pump, broken(ROWS), range(30, ROWS)), stage=VALIDATED)

    with monkeypatch.context() as dying:
        dying.setattr("agents.detect.record_episodes", Mock(side_effect=MemoryError))
        with pytest.raises(MemoryError):
            detect(run.pk)
    assert AssetState.objects.get().until == before.until

    detect(run.pk)
    detect(run.pk)

    assert AssetState.objects.get().until == at(ROWS - 2)
    assert Symptom.objects.filter(kind=RELATION).count() == 1


def test_a_relation_alone_is_decided_about(pump: Asset) -> None:
    bring(pump, ROWS)

    decide_undecided()

    assert not Anomaly.objects.undecided().exists()


def test_a_run_that_is_done_again_changes_nothing(pump: Asset) -> None:
    batch = brought(pump, broken(ROWS), range(ROWS))
    record_anomalies([batch])
    before, state = relations(pump), bytes(AssetState.objects.get().state)

    record_anomalies([batch])

    assert relations(pump) == before
    assert bytes(AssetState.objects.get().state) == state


def test_what_comes_for_a_closed_bin_changes_nothing(pump: Asset) -> None:
    values = courses(ROWS, seed=5)
    record_anomalies([brought(pump, values, [*range(20), *range(25, 40)])])
    before = AssetState.objects.get()

    record_anomalies([brought(pump, values, range(20, 25))])

    after = AssetState.objects.get()
    assert (after.until, bytes(after.state)) == (before.until, bytes(before.state))


def test_a_clock_that_runs_ahead_closes_no_bins(pump: Asset) -> None:
    bring(pump, 10, courses(20, seed=5), rows=20)
    values = courses(ROWS, seed=5)
    batch = brought(pump, values, [60])
    Reading.objects.filter(batch_id=batch.pk).update(flags=Reading.Flag.FUTURE)

    record_anomalies([batch])

    assert AssetState.objects.get().until == at(18)


def test_readings_that_are_not_believed_are_no_part_of_a_row(pump: Asset) -> None:
    speed, flow = courses(ROWS, seed=5)
    flow[30:36] = 1e6
    batch = brought(pump, (speed, flow), range(ROWS))
    bad = Reading.objects.filter(batch_id=batch.pk, value=1e6)
    assert bad.update(quality=Reading.Quality.BAD) == 6

    record_anomalies([batch])

    assert not Symptom.objects.filter(kind=RELATION).exists()


def test_a_new_version_goes_on_where_the_one_before_was(pump: Asset) -> None:
    values = courses(ROWS, seed=5)
    record_anomalies([brought(pump, values, range(30))])
    second = fit_asset(pump, until=at(30))
    assert second is not None
    ModelVersion.objects.all().update(is_active=False)
    ModelVersion.objects.filter(pk=second.pk).update(is_active=True)

    record_anomalies([brought(pump, values, range(30, 40))])

    state = AssetState.objects.get()
    assert (state.version_id, state.until) == (second.pk, at(38))


@pytest.mark.parametrize("damage", ["damaged", "missing"])
def test_an_artifact_that_cannot_be_read_does_not_stop_the_run(
    damage: str, pump: Asset, caplog: pytest.LogCaptureFixture
) -> None:
    registry._detector.cache_clear()
    path = artifacts.path_of(ModelVersion.objects.get().artifact_digest)
    path.write_bytes(b"PK") if damage == "damaged" else path.unlink()
    other = make_pump(seed=3)
    fit_asset(other, until=NOON)

    batches = [brought(asset, broken(ROWS), range(ROWS)) for asset in (pump, other)]
    record_anomalies(batches)

    assert [symptom.asset for symptom in Symptom.objects.filter(kind=RELATION)] == [other]
    assert "cannot be loaded" in caplog.text


@pytest.mark.parametrize("damage", ["damaged", "missing"])
def test_an_artifact_that_cannot_be_read_is_fitted_anew_once_an_hour(
    damage: str,
    pump: Asset,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    registry._detector.cache_clear()
    version = ModelVersion.objects.get()
    path = artifacts.path_of(version.artifact_digest)
    path.write_bytes(b"PK") if damage == "damaged" else path.unlink()
    asked: list[int] = []
    # The same data as before, so the same digest.
    monkeypatch.setattr(tasks.fit_asset, "apply_async", lambda args, **_: asked.extend(args))
    values = courses(ROWS, seed=5)

    for rows in (range(10), range(10, 20)):
        with django_capture_on_commit_callbacks(execute=True):
            record_anomalies([brought(pump, values, rows)])
    again = fit_asset(pump, until=NOON)

    assert asked == [pump.pk]
    assert again and again.artifact_digest == version.artifact_digest
    assert registry.asset_detectors([pump.pk])[pump.pk][0] == again


def test_a_version_whose_sensors_have_moved_away_is_off_duty(pump: Asset) -> None:
    elsewhere = make_asset(site=pump.site)
    batch = brought(pump, broken(ROWS), range(ROWS))
    Sensor.objects.filter(pk=sensors_of(pump)[0].pk).update(asset=elsewhere)

    record_anomalies([batch])

    assert not Symptom.objects.filter(kind=RELATION).exists()


def test_many_assets_take_as_many_queries_as_one() -> None:
    pumps = [make_pump() for _ in range(6)]
    for asset in pumps:
        fit_asset(asset, until=NOON)
    batches = [brought(asset, broken(ROWS), range(ROWS)) for asset in pumps]

    with CaptureQueriesContext(connection) as of_one:
        record_anomalies(batches[:1])
    with CaptureQueriesContext(connection) as of_many:
        record_anomalies(batches[1:])

    assert len(of_many) == len(of_one) < 40
    assert Symptom.objects.filter(kind=RELATION).count() == 6


@pytest.mark.usefixtures("sleeping_agents")
@pytest.mark.django_db(transaction=True)
def test_two_runs_with_sensors_of_one_asset_take_it_one_after_the_other(pump: Asset) -> None:
    speed, flow = sensors_of(pump)
    values = broken(ROWS)
    batches = [brought(pump, values, range(ROWS), only=[sensor.code]) for sensor in (speed, flow)]

    def run(batch: ReadingBatch) -> None:
        with transaction.atomic():
            record_anomalies([batch])

    race(*(partial(run, batch) for batch in batches))

    assert AssetState.objects.get().until == at(ROWS - 2)
    assert Symptom.objects.filter(kind=RELATION).count() == 1
