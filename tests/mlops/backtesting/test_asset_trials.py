"""Detectors of whole assets over stored history, held against what they say live."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.detect import record_anomalies
from maintenance.models import Symptom
from mlops.backtesting import asset_rows, asset_trials
from mlops.backtesting.asset_trials import AssetTrial, backtest_fits, backtest_version
from mlops.backtesting.history import TooMuchHistoryError
from mlops.backtesting.judging import Labelled
from mlops.backtesting.outcomes import Outcome
from mlops.chosen_asset_detectors import CHOICES, AssetChoice
from mlops.chosen_detectors import DetectorChoiceError
from mlops.learning.fitting import fit_asset
from mlops.models import ModelVersion
from sensors.models import Asset, Sensor
from tests.factories import MINUTE, NOON, make_anomaly, make_history
from tests.mlops.backtesting.contents import contents
from tests.mlops.pumps import BREAKS, HISTORY, at, broken, brought, make_pump, sensors_of

pytestmark = pytest.mark.django_db

ROWS = 70
TRAIN = NOON - (HISTORY + 5) * MINUTE, NOON
SHIPPED = AssetChoice("level_and_pattern", {})


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACTS_DIR = str(tmp_path / "artifacts")


@pytest.fixture
def pump() -> Asset:
    """600 ordinary rows up to noon, and 70 after in which the relation breaks."""
    asset = make_pump()
    for sensor, values in zip(sensors_of(asset), broken(ROWS), strict=True):
        make_history(sensor, values.tolist(), until=NOON + ROWS * MINUTE)
    return asset


def trial_of(asset: Asset, **fields: Any) -> AssetTrial:
    usual: dict[str, Any] = {
        "start": NOON,
        "end": NOON + ROWS * MINUTE,
        "sensors": sensors_of(asset),
    }
    return AssetTrial(asset, **usual | fields)


def fits(asset: Asset, *choices: AssetChoice, **fields: Any) -> list[Outcome]:
    return backtest_fits(trial_of(asset, **fields), TRAIN, choices or [SHIPPED])


def test_a_version_says_what_it_would_have_said_live(
    pump: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_trials, "STRIDE", 7)
    version = fit_asset(pump, until=NOON)
    assert version is not None
    live = make_pump()
    fit_asset(live, until=NOON)
    for start in range(0, ROWS, 20):
        rows = range(start, min(start + 20, ROWS))
        record_anomalies([brought(live, broken(ROWS), rows)])

    outcome = backtest_version(trial_of(pump), version)

    names = ("started_at", "ended_at", "peak_at", "peak_value", "reason")
    recorded = Symptom.objects.filter(asset=live, kind="relation").order_by("started_at")
    found = [
        [getattr(alarm, name) for name in names[:-1]] + [alarm.reason.replace(pump.tag, live.tag)]
        for alarm in outcome.alarms
    ]
    assert found == [[getattr(symptom, name) for name in names] for symptom in recorded]
    assert len(found) == 1
    shares = recorded[0].evidence["contributions"]
    assert list(outcome.alarms[0].contributions.values()) == list(shares.values())
    assert outcome.detector == "level_and_pattern#1"


def test_a_fit_on_the_same_rows_says_what_the_version_says(pump: Asset) -> None:
    version = fit_asset(pump, until=NOON)
    assert version is not None

    (fitted,) = fits(pump)
    stored = backtest_version(trial_of(pump), version)

    assert fitted.alarms == stored.alarms != []
    assert fitted.rates == stored.rates
    assert fitted.taught == stored.taught


def test_an_alarm_names_the_asset_and_what_each_sensor_adds(pump: Asset) -> None:
    (alarm,) = fits(pump)[0].alarms

    assert (alarm.sensor_id, alarm.asset_id, alarm.kind) == (None, pump.pk, "relation")
    assert at(BREAKS) <= alarm.started_at <= at(BREAKS + 12)
    assert alarm.contributions.keys() == {sensor.code for sensor in sensors_of(pump)}
    assert sum(alarm.contributions.values()) == pytest.approx(1, abs=0.01)


def test_rates_are_of_closed_rows(pump: Asset) -> None:
    (rates,) = fits(pump)[0].rates

    # The last bin is open still, and so is the one before.
    assert (rates.readings, rates.scored) == (ROWS - 2, ROWS - 2)
    assert rates.seconds == (ROWS - 3) * 60


@pytest.mark.parametrize("name", CHOICES)
def test_each_detector_of_assets_can_be_tried(name: str, pump: Asset) -> None:
    fast = {"folds": 3} | ({"trees": 10} if name == "isolation_forest" else {})

    (outcome,) = fits(pump, AssetChoice.of(name, fast))

    assert outcome.detector == f"{name}#{CHOICES[name].version}"
    assert outcome.rates[0].scored == ROWS - 2


def test_settings_are_compared_on_the_same_rows(pump: Asset) -> None:
    choices = [AssetChoice.of("t_squared", {"tail": tail}) for tail in (1e-2, 1e-9)]

    loose, tight = fits(pump, *choices)

    assert loose.taught == tight.taught
    assert loose.rates[0].scored == tight.rates[0].scored
    assert len(loose.alarms) > len(tight.alarms)


def test_nothing_is_learnt_from_what_came_after_the_train_interval(pump: Asset) -> None:
    (before,) = fits(pump)
    taught = before.taught
    assert taught is not None
    assert (taught.rows, taught.learnt_until) == (HISTORY - 2, NOON - 3 * MINUTE)


def test_rows_known_to_be_odd_are_not_learnt_from(pump: Asset) -> None:
    speed = sensors_of(pump)[0]
    began = NOON - 30 * MINUTE
    make_anomaly(speed, started_at=began, ended_at=began + 5 * MINUTE)
    odd = Labelled(NOON - 60 * MINUTE, NOON - 55 * MINUTE, is_fault=True, asset_id=pump.pk)

    taught = fits(pump, labelled=[odd])[0].taught

    # Six rows each, and five on either side.
    assert taught is not None
    assert (taught.left_out, taught.rows) == (32, HISTORY - 2 - 32)


def test_labels_of_the_asset_are_held_against_it(pump: Asset) -> None:
    fault = Labelled(at(BREAKS), at(ROWS), is_fault=True, asset_id=pump.pk)
    calm = Labelled(at(0), at(5), is_fault=True, asset_id=pump.pk)

    judgement = fits(pump, labelled=[fault, calm])[0].judgement

    assert (judgement.precision, judgement.recall, judgement.found) == (1.0, 0.5, 1)
    assert judgement.lead_seconds is not None and judgement.lead_seconds <= 0


def test_nothing_that_is_stored_changes(pump: Asset) -> None:
    version = fit_asset(pump, until=NOON)
    assert version is not None
    before = contents()

    fits(pump)
    backtest_version(trial_of(pump), version)

    assert contents() == before
    assert before["sensors_reading"] and before["mlops_modelversion"]


def test_an_interval_without_readings_has_no_rows_and_no_alarms(pump: Asset) -> None:
    start = NOON + ROWS * MINUTE * 10

    (outcome,) = fits(pump, start=start, end=start + MINUTE)

    assert (outcome.alarms, outcome.rates[0].readings) == ([], 0)
    assert outcome.rates[0].alarms_a_day is None


def test_too_little_to_learn_from_is_said(pump: Asset) -> None:
    for train, words in [
        ((NOON - 100 * MINUTE, NOON), "of 500 rows"),
        ((NOON - 9_000 * MINUTE, NOON - 8_000 * MINUTE), "0 of 500 rows"),
    ]:
        with pytest.raises(DetectorChoiceError, match=words) as caught:
            backtest_fits(trial_of(pump), train, [SHIPPED])
        assert caught.value.code == "not_enough_history"


def test_a_version_that_was_relieved_is_not_tried(pump: Asset) -> None:
    version = fit_asset(pump, until=NOON)
    assert version is not None
    ModelVersion.objects.update(is_active=False)

    with pytest.raises(DetectorChoiceError, match="not on duty") as caught:
        backtest_version(trial_of(pump), version)
    assert caught.value.code == "no_version"


def test_more_cells_than_fit_into_memory_are_refused(
    pump: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_rows, "MOST_CELLS", 2 * ROWS - 1)

    with pytest.raises(TooMuchHistoryError, match="140 rows times sensors"):
        fits(pump)


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"loudness": 1}, "unknown_parameter"),
        ({"tail": "1"}, "invalid_parameter"),
        ({"tail": 0}, "invalid_parameter"),
        ({"tail": float("nan")}, "invalid_parameter"),
        ({"folds": 1}, "invalid_parameter"),
        ({"folds": 10**9}, "invalid_parameter"),
        ({"smoothing": 0}, "invalid_parameter"),
        ({"smoothing": 3}, "invalid_parameter"),
        ({"clip": 10**400}, "invalid_parameter"),
        ({"carry": -1}, "invalid_parameter"),
        ({"carry": 1.5}, "invalid_parameter"),
    ],
)
def test_hostile_parameters_are_refused(name: str, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(DetectorChoiceError) as caught:
        AssetChoice.of(name, parameters)

    assert caught.value.code == code


@pytest.mark.parametrize("name", CHOICES)
def test_every_parameter_may_be_what_is_shipped(name: str) -> None:
    shipped = vars(CHOICES[name]())

    assert AssetChoice.of(name, shipped).parameters == shipped


def test_lagged_rows_do_not_grow_without_bounds() -> None:
    AssetChoice.of("t_squared", {"lags": 50}).check_width(10)

    with pytest.raises(DetectorChoiceError, match="50 lags of 11 sensors"):
        AssetChoice.of("t_squared", {"lags": 50}).check_width(11)


def test_progress_grows_to_the_whole(pump: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asset_trials, "STRIDE", 30)
    told: list[float] = []

    backtest_fits(trial_of(pump), TRAIN, [SHIPPED, AssetChoice("t_squared", {})], told.append)

    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(set(told)) > 4


def test_sensors_that_do_not_move_cannot_be_compared(pump: Asset) -> None:
    still = Sensor.objects.create(
        asset=pump, site=pump.site, code="Z", kind="temperature", unit="°C"
    )
    make_history(still, [1.0] * HISTORY)

    with pytest.raises(DetectorChoiceError, match="fewer than 2 sensors move"):
        fits(pump, sensors=[sensors_of(pump)[0], still])
