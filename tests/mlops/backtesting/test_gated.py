"""While its machine stands, a sensor is judged by a back-test as little as live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from agents.detect import record_anomalies
from maintenance.models import Symptom
from mlops.backtesting import history
from mlops.backtesting.history import TooMuchHistoryError
from mlops.backtesting.outcomes import Outcome
from mlops.backtesting.trials import backtest
from mlops.chosen_detectors import Choice
from mlops.models import GateLevels
from sensors.models import ReadingBatch, Sensor
from tests.factories import MINUTE, NOON, make_asset, make_history, make_sensor, make_stored
from tests.factories import reading as reading_of
from tests.mlops.backtesting.contents import contents

pytestmark = pytest.mark.django_db

BASELINE = Choice("seasonal_baseline", {})
ROWS = 600
# The machine stands twice; in between the level is wrong for a while.
STOOD = [*range(300, 360), *range(450, 480)]
WRONG = range(400, 420)


def course() -> tuple[list[float], list[float]]:
    """A sensor that falls to nothing with its machine, and the speed of that."""
    values = np.random.default_rng(3).normal(20, 1, ROWS).clip(16, 24)
    speed = np.full(ROWS, 1_500.0)
    values[STOOD], speed[STOOD] = 0.0, 0.0
    values[WRONG] = 60.0
    return values.tolist(), speed.tolist()


def gated(**fields: Any) -> tuple[Sensor, Sensor]:
    asset = make_asset()
    gate = make_sensor(asset=asset, kind="speed", stuck_after=0)
    return make_sensor(asset=asset, **{"gate": gate, "runs_above": 100.0} | fields), gate


def run(sensor: Sensor, choice: Choice = BASELINE, **more: Any) -> Outcome:
    (outcome,) = backtest([sensor], NOON - ROWS * MINUTE, NOON, [choice], **more)
    return outcome


def bring(sensor: Sensor, gate: Sensor, cuts: Sequence[int]) -> None:
    """The same course live, in batches."""
    values, speed = course()
    start = NOON - ROWS * MINUTE
    for begin, end in zip(cuts, [*cuts[1:], ROWS], strict=True):
        rows = [
            reading_of(which, of_which[row], start + row * MINUTE)
            for row in range(begin, end)
            for which, of_which in ((gate, speed), (sensor, values))
        ]
        batch = make_stored(sensor.site, *rows)
        record_anomalies([ReadingBatch.objects.located().get(pk=batch.pk)])


@pytest.fixture
def stored() -> Sensor:
    sensor, gate = gated()
    for which, values in zip((sensor, gate), course(), strict=True):
        make_history(which, values)
    return sensor


@pytest.mark.parametrize(
    "fields", [{}, {"settle_time": timedelta(minutes=10)}, {"runs_above": None}], ids=repr
)
def test_it_says_what_live_readings_behind_a_gate_would_have_led_to(
    fields: dict[str, Any],
) -> None:
    (live, live_gate), (tried, tried_gate) = gated(**fields), gated(**fields)
    for gate in (live_gate, tried_gate):
        levels = {"off": 400.0, "on": 900.0, "learnt_at": NOON + timedelta(days=3650)}
        GateLevels.objects.create(sensor=gate, **levels)
    for which, values in zip((tried, tried_gate), course(), strict=True):
        make_history(which, values)
    bring(live, live_gate, [0, 200, 330, 405, 470])

    found = run(tried).alarms

    rows = ("kind", "started_at", "ended_at", "peak_at", "peak_value", "reason")
    recorded = Symptom.objects.filter(sensor=live, kind="deviation").values_list(*rows)
    assert [tuple(getattr(alarm, name) for name in rows) for alarm in found] == list(
        recorded.order_by("started_at")
    )
    assert [alarm.started_at for alarm in found] == [NOON - MINUTE * (ROWS - WRONG[0])]


def test_without_its_gate_each_stop_would_have_been_an_alarm(stored: Sensor) -> None:
    gated_alarms = run(stored).alarms
    stored.gate, stored.runs_above = None, None
    stored.save()

    assert len(gated_alarms) == 1
    assert min(alarm.started_at for alarm in run(stored).alarms) < gated_alarms[0].started_at


def test_the_time_that_was_not_judged_is_counted_and_named(stored: Sensor) -> None:
    outcome = run(stored)

    (rates,), (standing,) = outcome.rates, outcome.standings
    assert rates.stood_seconds == 90 * 60
    assert rates.scored <= rates.readings - len(STOOD)
    begin = NOON - ROWS * MINUTE
    assert standing.spans == (
        (begin + 300 * MINUTE, begin + 360 * MINUTE),
        (begin + 450 * MINUTE, begin + 480 * MINUTE),
    )


def test_limits_are_judged_all_the_same(stored: Sensor) -> None:
    outcome = run(stored, Choice.of("limits", {"warning_low": 10}))

    assert outcome.alarms[0].started_at == NOON - MINUTE * (ROWS - STOOD[0])
    assert (outcome.standings, outcome.rates[0].stood_seconds) == ([], 0.0)


def test_a_machine_that_stands_to_the_end_was_not_judged_to_the_end() -> None:
    sensor, gate = gated()
    make_history(sensor, [20.0] * 10)
    make_history(gate, [1_500.0] * 5 + [0.0] * 5)

    (standing,) = backtest([sensor], NOON - 10 * MINUTE, NOON, [BASELINE])[0].standings

    assert standing.spans == ((NOON - 5 * MINUTE, NOON),)


def test_levels_of_gates_are_not_learnt_by_trying() -> None:
    sensor, gate = gated(runs_above=None)
    for which, values in zip((sensor, gate), course(), strict=True):
        make_history(which, values)

    before = contents()
    outcome = run(sensor)

    assert contents() == before
    assert not GateLevels.objects.exists()
    assert outcome.standings == []


def test_the_readings_of_a_gate_count_for_what_can_be_gone_through(
    stored: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_READINGS", 2 * ROWS - 1)

    with pytest.raises(TooMuchHistoryError, match=f"{2 * ROWS} readings"):
        run(stored, warm_up=0)


def test_a_gate_is_not_looked_at_for_years_to_warm_up_on_a_few_readings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sensor, gate = gated()
    make_history(sensor, [20.0] * 5, every=timedelta(days=1))
    make_history(gate, [1_500.0] * 300, every=timedelta(minutes=20))
    monkeypatch.setattr(history, "MOST_READINGS", 200)

    with pytest.raises(TooMuchHistoryError):
        backtest([sensor], NOON - MINUTE, NOON, [BASELINE], warm_up=100)
