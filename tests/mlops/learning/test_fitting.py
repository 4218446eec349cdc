"""What is fitted, on what, and what is not."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from agents.detect import record_anomalies
from mlops import artifacts, tasks
from mlops.learning import first_fits, fitting
from mlops.learning.fitting import fit_asset, try_to_fit, unfitted
from mlops.learning.histories import history_of
from mlops.learning.refits import due_for_refit
from mlops.models import ModelVersion
from mlops.registry import asset_detectors
from sensors.models import Asset, Reading, Sensor
from tests.factories import MINUTE, NOON, make_anomaly, make_asset, make_sensor
from tests.mlops.pumps import at, brought, courses, make_pump, sensors_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACTS_DIR = str(tmp_path / "artifacts")


def test_a_version_tells_what_it_was_taught() -> None:
    asset = make_pump()

    version = fit_asset(asset, until=NOON)

    assert version == ModelVersion.objects.get()
    assert (version.kind, version.number, version.is_active) == ("level_and_pattern", 1, True)
    assert version.columns == [sensor.code for sensor in sensors_of(asset)]
    assert version.parameters["bin_seconds"] == 60
    # The last two bins before noon are still open.
    assert (version.rows, version.learnt_until) == (598, NOON - MINUTE * 3)
    assert version.learnt_from == NOON - MINUTE * 600
    assert version.metrics["false_alarms_per_week"] == 0
    assert artifacts.path_of(version.artifact_digest).exists()


def test_what_was_fitted_is_what_is_loaded() -> None:
    asset = make_pump()
    fit_asset(asset, until=NOON)
    block = history_of(asset, NOON).rows.block  # type: ignore[union-attr]

    version, detector = asset_detectors([asset.pk])[asset.pk]

    again = unfitted(60_000_000).fit(block)
    expected, _ = again.score(block, again.begin(1))
    found, _ = detector.score(block, detector.begin(1))
    assert version.asset_id == asset.pk
    np.testing.assert_array_equal(found.score, expected.score)


def test_the_same_history_gives_the_same_version() -> None:
    asset = make_pump()

    first, second = fit_asset(asset, until=NOON), fit_asset(asset, until=NOON)

    assert first and second
    assert (first.number, second.number) == (1, 2)
    assert first.data_digest == second.data_digest
    assert first.artifact_digest == second.artifact_digest


def test_with_too_little_history_nothing_is_fitted() -> None:
    fit = try_to_fit(make_pump(history=200), until=NOON)

    assert fit.version is None
    assert fit.words == "not enough history: 198 of 500 rows"
    assert not ModelVersion.objects.exists()


def test_an_asset_without_readings_has_no_history() -> None:
    assert try_to_fit(make_asset()).words == "not enough history: 0 of 500 rows"


def test_one_sensor_has_nothing_to_be_compared_with() -> None:
    asset = make_pump()
    Sensor.objects.filter(pk=sensors_of(asset)[0].pk).update(retired_at=NOON)

    assert try_to_fit(asset, until=NOON).words == "not enough sensors: 1 of 2"


def test_sensors_that_never_move_are_not_watched() -> None:
    asset = make_pump()
    Reading.objects.filter(sensor=sensors_of(asset)[0]).update(value=5)

    assert "fewer than 2 sensors move" in try_to_fit(asset, until=NOON).words


def test_sensors_that_nobody_has_placed_are_no_machine() -> None:
    asset = make_pump(tag=Asset.UNASSIGNED)

    assert try_to_fit(asset, until=NOON).words.startswith("no machine")


def test_anomalies_and_bad_readings_are_left_out() -> None:
    asset = make_pump()
    sensor = sensors_of(asset)[0]
    make_anomaly(sensor, started_at=at(-50), last_seen_at=at(-40), ended_at=at(-40))
    bad = Reading.objects.filter(sensor=sensor, taken_at=at(-100))
    bad.update(quality=Reading.Quality.BAD)

    history = history_of(asset, NOON)

    assert history is not None
    # Eleven minutes of the anomaly, and five on either side.
    assert history.left_out == 21
    assert len(history.rows) == 598 - 21
    assert np.isnan(history.rows.values).sum() == 1


def test_sensors_of_unlike_pace_meet_in_rows() -> None:
    asset = make_pump()
    slow = make_sensor(asset=asset, code="Z-slow")
    batch_id = Reading.objects.filter(sensor=sensors_of(asset)[0])[0].batch_id
    Reading.objects.bulk_create(
        Reading(sensor=slow, batch_id=batch_id, value=n, taken_at=at(-n) + timedelta(seconds=20))
        for n in range(5, 600, 5)
    )

    history = history_of(asset, NOON)

    assert history is not None
    assert history.width == 60_000_000
    read = ~np.isnan(history.rows.values)
    assert read.sum(axis=0).tolist() == [598, 598, 119]
    assert np.flatnonzero(read[:, 2])[:3].tolist() == [5, 10, 15]


def test_a_refit_that_would_alarm_more_stays_off_duty(monkeypatch: pytest.MonkeyPatch) -> None:
    asset = make_pump()
    first = fit_asset(asset, until=NOON)
    rates = iter([3.0, 1.0])
    monkeypatch.setattr(fitting, "_false_alarms", lambda *_: next(rates))

    fit = try_to_fit(asset, until=NOON)

    assert fit.version and not fit.version.is_active
    assert "off duty" in fit.words
    assert ModelVersion.objects.active().get() == first


def test_a_refit_is_due_when_a_fit_is_old_or_was_of_little(settings: Any) -> None:
    assets = [make_pump() for _ in range(3)]
    versions = [fit_asset(asset, until=NOON) for asset in assets]
    recent, old, little = (version.pk for version in versions if version)
    days = timedelta(days=1)
    stored = ModelVersion.objects.filter
    now = versions[0].created_at  # type: ignore[union-attr]
    stored(pk=recent).update(rows=5_000, created_at=now - 6 * days)
    stored(pk=old).update(rows=5_000, created_at=now - 8 * days)
    stored(pk=little).update(created_at=now - days)

    assert due_for_refit() == [assets[1].pk, assets[2].pk]

    tasks.refit_assets()

    assert due_for_refit() == []


def test_a_refit_is_due_when_the_method_has_changed() -> None:
    version = fit_asset(make_pump(), until=NOON)
    assert version and due_for_refit() == []

    ModelVersion.objects.update(code=version.code - 1)

    assert due_for_refit() == [version.asset_id]


def test_an_asset_is_fitted_by_itself_once_it_has_history(
    django_capture_on_commit_callbacks: Any,
) -> None:
    ready, unready = make_pump(), make_pump(history=100)
    batches = [brought(asset, courses(3), range(3)) for asset in (ready, unready)]

    with django_capture_on_commit_callbacks(execute=True):
        record_anomalies(batches)

    assert ModelVersion.objects.get().asset == ready


def test_an_asset_is_looked_at_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[list[int]] = []

    def look(assets: list[int], **least: int) -> list[int]:
        looked.append(assets)
        return []

    monkeypatch.setattr(first_fits, "assets_with_history", look)

    first_fits.ask_for_first_fits([7, 8])
    first_fits.ask_for_first_fits([7, 8, 9])
    cache.clear()
    first_fits.ask_for_first_fits([8])

    assert looked == [[7, 8], [9], [8]]


def test_without_a_broker_or_a_cache_a_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    ready = make_pump()
    batch = brought(ready, courses(3), range(3))
    away = Mock(side_effect=BrokerError("away"))
    monkeypatch.setattr(tasks.fit_asset, "apply_async", away)

    with django_capture_on_commit_callbacks(execute=True):
        record_anomalies([batch])
    monkeypatch.setattr(first_fits, "cache", Mock(get_many=Mock(side_effect=RedisError("away"))))
    record_anomalies([batch])

    away.assert_called_once()


def test_the_command_tells_of_each_asset_how_it_went() -> None:
    pump, small = make_pump(), make_pump(history=50)
    out = io.StringIO()

    call_command("fit_models", stdout=out)

    [of_pump] = [line for line in out.getvalue().splitlines() if pump.tag in line]
    [of_small] = [line for line in out.getvalue().splitlines() if small.tag in line]
    assert "learnt from 598 rows, on duty" in of_pump
    assert "not enough history: 48 of 500 rows" in of_small


def test_the_command_takes_one_asset_of_one_site() -> None:
    pump, other = make_pump(), make_pump()

    call_command("fit_models", asset=pump.tag, site=pump.site.code, stdout=io.StringIO())

    assert [version.asset for version in ModelVersion.objects.all()] == [pump]
    with pytest.raises(CommandError, match="no such asset"):
        call_command("fit_models", asset=pump.tag, site=other.site.code)
