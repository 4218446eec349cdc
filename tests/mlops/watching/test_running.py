"""Readings of a machine that does not run are neither judged nor learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from agents.detect import record_anomalies
from maintenance.models import Anomaly
from mlops.detectors.seasonal_state import WIDTH
from mlops.models import GateLevels, SensorState
from mlops.watching.scoring import Given, score_given
from sensors.history.windows import micros_of
from sensors.models import ReadingBatch, Sensor
from tests.factories import (
    MINUTE,
    NOON,
    make_asset,
    make_history,
    make_sensor,
    make_stored,
    reading,
)

pytestmark = pytest.mark.django_db

RUNNING = [20.0, 20.4, 19.6, 20.2, 19.8] * 60
OFF = [0.0] * 60


def gated(**fields: Any) -> tuple[Sensor, Sensor]:
    """A sensor, and the one that tells whether its machine runs."""
    asset = make_asset()
    gate = make_sensor(asset=asset, kind="speed", stuck_after=0, detect_noise_gone=False)
    return make_sensor(asset=asset, **{"gate": gate, "runs_above": 100.0} | fields), gate


def see(values: Mapping[Sensor, Sequence[float]], start: int = 0) -> None:
    """Live readings, one a minute, gone through in one run."""
    batches = []
    for sensor, of_sensor in values.items():
        rows = [reading(sensor, v, NOON + MINUTE * (start + i)) for i, v in enumerate(of_sensor)]
        batches.append(make_stored(sensor.site, *rows).pk)
    record_anomalies(list(ReadingBatch.objects.located().filter(pk__in=batches)))


def learnt(sensor: Sensor) -> bytes:
    """What SeasonalBaseline knows: its numbers come first."""
    return bytes(SensorState.objects.get(sensor=sensor).state)[: 8 * WIDTH]


def test_a_machine_that_stops_is_no_anomaly_of_its_sensors() -> None:
    sensor, gate = gated()
    ungated = make_sensor(asset=sensor.asset)
    see({sensor: RUNNING, ungated: RUNNING, gate: [1500.0] * 300})

    see({sensor: OFF, ungated: OFF, gate: OFF}, start=300)

    assert not Anomaly.objects.filter(symptoms__sensor=sensor).exists()
    assert Anomaly.objects.filter(symptoms__sensor=ungated, kind="stuck").exists()


def test_nothing_is_learnt_while_it_stands() -> None:
    sensor, gate = gated()
    see({sensor: RUNNING, gate: [1500.0] * 300})
    before = learnt(sensor)

    see({sensor: OFF, gate: OFF}, start=300)
    standing = learnt(sensor)
    see({sensor: RUNNING[:60], gate: [1500.0] * 60}, start=360)

    assert standing == before
    assert learnt(sensor) != before
    assert not Anomaly.objects.filter(symptoms__sensor=sensor).exists()


def test_limits_hold_all_the_same() -> None:
    sensor, gate = gated(warning_high=80)

    see({sensor: [20.0, 95.0], gate: [0.0, 0.0]})

    assert Anomaly.objects.get(sensor=sensor).kind == "high_limit"


def test_what_runs_is_watched() -> None:
    sensor, gate = gated()

    see({sensor: [*RUNNING, *([20.0] * 40)], gate: [1500.0] * 340})

    assert Anomaly.objects.filter(sensor=sensor, kind="stuck").exists()


def test_an_open_anomaly_waits_until_the_machine_runs_again() -> None:
    sensor, gate = gated()
    see({sensor: [*RUNNING, *([20.0] * 40)], gate: [1500.0] * 340})

    see({sensor: OFF, gate: OFF}, start=340)
    standing = Anomaly.objects.get(sensor=sensor, kind="stuck").is_active
    see({sensor: [19.7], gate: [1500.0]}, start=400)

    assert standing
    assert not Anomaly.objects.get(sensor=sensor, kind="stuck").is_active


def test_the_last_reading_of_the_gate_holds_until_the_next() -> None:
    sensor, gate = gated()
    see({gate: [1500.0, 0.0]})
    ungated = make_sensor(asset=sensor.asset)

    see({sensor: [20.0], ungated: [20.0]}, start=90)

    assert learnt(sensor) != learnt(ungated)


def test_it_settles_before_it_counts_as_running() -> None:
    sensor, gate = gated(settle_time=timedelta(minutes=30))
    at_once = make_sensor(asset=gate.asset, gate=gate, runs_above=100.0)
    see(dict.fromkeys((sensor, at_once), RUNNING) | {gate: [1500.0] * 300})
    see({s: [0.0] * 5 for s in (sensor, at_once, gate)}, start=300)

    see({s: [50.0] * 20 for s in (sensor, at_once)} | {gate: [1500.0] * 20}, start=305)

    assert not Anomaly.objects.filter(symptoms__sensor=sensor).exists()
    assert Anomaly.objects.filter(symptoms__sensor=at_once).exists()


def test_two_clear_states_are_learnt_where_no_level_is_set() -> None:
    sensor, gate = gated(runs_above=None)
    make_history(gate, [0.0, 1.0, 2.0] * 40 + [1490.0, 1500.0, 1510.0] * 40)
    see({sensor: RUNNING, gate: [1500.0] * 300})

    see({sensor: OFF, gate: [1.0] * 60}, start=300)

    levels = GateLevels.objects.get(sensor=gate)
    assert levels.off is not None and levels.on is not None
    assert 2 < levels.off < levels.on < 1490
    assert not Anomaly.objects.filter(symptoms__sensor=sensor).exists()


def test_without_clear_states_the_machine_counts_as_running() -> None:
    sensor, gate = gated(runs_above=None)

    see({sensor: [*RUNNING, *([20.0] * 40)], gate: [1495.0 + i % 10 for i in range(340)]})

    assert not GateLevels.objects.get(sensor=gate).are_clear
    assert Anomaly.objects.filter(sensor=sensor, kind="stuck").exists()


def test_clear_levels_stay_when_it_runs_for_long() -> None:
    sensor, gate = gated(runs_above=None)
    GateLevels.objects.create(sensor=gate, off=500, on=900, learnt_at=NOON - timedelta(days=9))

    see({sensor: RUNNING, gate: [1495.0 + i % 10 for i in range(300)]})

    levels = GateLevels.objects.get(sensor=gate)
    assert (levels.off, levels.on) == (500, 900)
    assert levels.learnt_at > NOON


def test_a_retired_gate_switches_nothing_off() -> None:
    sensor, gate = gated()
    make_stored(gate.site, reading(gate, 0.0, NOON - MINUTE))
    Sensor.objects.filter(pk=gate.pk).update(retired_at=NOON)

    see({sensor: [*RUNNING, *([20.0] * 40)]})

    assert Anomaly.objects.filter(sensor=sensor, kind="stuck").exists()


def test_many_gated_sensors_take_as_many_queries_as_one(
    django_assert_max_num_queries: Any,
) -> None:
    batches = []
    for runs_above in (100.0, None) * 10:
        sensor, gate = gated(runs_above=runs_above)
        make_history(gate, [0.0, 1500.0] * 60)
        batches.append(make_stored(sensor.site, reading(sensor, 20.0)).pk)
    located = list(ReadingBatch.objects.located().filter(pk__in=batches))

    with django_assert_max_num_queries(16):
        record_anomalies(located)


def test_a_gate_is_another_sensor_of_the_same_asset() -> None:
    sensor, gate = gated()
    sensor.gate = make_sensor(site=sensor.site)
    with pytest.raises(ValidationError, match="another asset"):
        sensor.full_clean()

    gate.asset = make_asset(site=gate.site)
    with pytest.raises(ValidationError, match="gate of sensors"):
        gate.full_clean()

    gate.gate = gate
    with pytest.raises(IntegrityError, match="a_sensor_is_not_its_own_gate"):
        gate.save()


def test_trying_readings_out_leaves_those_of_a_standing_machine_out_as_well() -> None:
    sensor, gate = gated()
    see({sensor: RUNNING, gate: [1500.0] * 300})
    see({gate: OFF}, start=300)
    micros = np.array([micros_of(NOON + MINUTE * (300 + i)) for i in range(60)])
    given = Given(micros, np.zeros(60), np.arange(60))

    answer = score_given({sensor.pk: given}, {sensor.pk: sensor})[sensor.pk]

    assert not any(said.alarm for said in answer.said.values())
    assert answer.said[0].score is None
