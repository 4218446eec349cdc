"""Back-tests that are asked for: kept, carried out once, given up when their worker is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from config.schedule import BEAT_SCHEDULE
from maintenance.models import Anomaly
from mlops import tasks
from mlops.backtesting import history
from mlops.backtesting.questions import Question
from mlops.backtesting.requests import MOST_UNFINISHED, TooManyUnfinishedError, ask, carry_out
from mlops.models import Backtest, SensorState
from mlops.models.backtests import BacktestQuerySet
from sensors.models import Sensor
from tests.factories import MINUTE, NOON, make_backtest, make_history, make_sensor

pytestmark = pytest.mark.django_db

Status = Backtest.Status


@pytest.fixture
def sensor() -> Sensor:
    sensor = make_sensor(warning_high=80)
    make_history(sensor, [20.0, 20, 85, 20, 20, 20, 20, 20])
    return sensor


def asked_of(sensor: Sensor, **fields: Any) -> Backtest:
    return make_backtest(sensor.site, sensor, **fields)


def test_it_is_carried_out_and_keeps_what_came_of_it(sensor: Sensor) -> None:
    asked = asked_of(sensor)

    carry_out(asked.pk)

    asked.refresh_from_db()
    assert (asked.status, asked.percent, asked.alarm_count) == (Status.DONE, 100, 1)
    assert asked.started_at and asked.finished_at
    assert asked.result is not None
    (alarm,) = asked.result["alarms"]
    assert (alarm["sensor_id"], alarm["peak_value"]) == (sensor.code, 85.0)
    assert alarm["started_at"] == "2026-06-01T11:54:00Z"
    assert asked.result["rates"][0]["readings"] == 8
    assert asked.result["judgement"]["precision"] is None
    assert not Anomaly.objects.exists()
    assert not SensorState.objects.exists()


def test_a_message_that_comes_twice_is_worked_off_once(sensor: Sensor) -> None:
    asked = asked_of(sensor)

    with patch("mlops.backtesting.questions.backtest", side_effect=ZeroDivisionError) as ran:
        with pytest.raises(ZeroDivisionError):
            tasks.run_backtest(asked.pk)
        tasks.run_backtest(asked.pk)

    assert ran.call_count == 1
    asked.refresh_from_db()
    assert (asked.status, asked.error) == (Status.FAILED, "ZeroDivisionError: ")


@pytest.mark.parametrize("status", [Status.RUNNING, Status.FAILED])
def test_what_does_not_wait_is_left_alone(sensor: Sensor, status: str) -> None:
    asked = asked_of(sensor, status=status)

    carry_out(asked.pk)

    assert Backtest.objects.get().status == status


def test_too_much_history_is_told_in_words(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_of(sensor)
    monkeypatch.setattr(history, "MOST_READINGS", 5)

    carry_out(asked.pk)

    asked.refresh_from_db()
    assert asked.status == Status.FAILED
    assert asked.error.startswith("These may be 2008 readings")


def test_one_that_was_given_up_while_it_ran_stays_so(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_of(sensor)
    monkeypatch.setattr("mlops.backtesting.trials.STRIDE", 3)

    def close(*args: Any) -> bool:
        Backtest.objects.close_failed(asked.pk, "lost")
        return False

    monkeypatch.setattr(BacktestQuerySet, "report", close)
    carry_out(asked.pk)

    asked.refresh_from_db()
    assert (asked.status, asked.error, asked.result) == (Status.FAILED, "lost", None)


def test_progress_is_written_down_while_it_runs(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, told = asked_of(sensor), list[int]()
    monkeypatch.setattr("mlops.backtesting.trials.STRIDE", 3)
    report = BacktestQuerySet.report

    def remember(self: Any, pk: int, percent: int) -> bool:
        told.append(percent)
        return report(self, pk, percent)

    monkeypatch.setattr(BacktestQuerySet, "report", remember)
    carry_out(asked.pk)

    assert told == sorted(set(told))
    assert told[0] < told[-1] == 100


def beat(*, hours: float = 1) -> None:
    """Beat's task, when nothing has been heard for so long."""
    Backtest.objects.update(updated_at=timezone.now() - timedelta(hours=hours))
    tasks.resume_stalled_backtests()


def test_one_whose_worker_was_lost_is_given_up(sensor: Sensor) -> None:
    asked = asked_of(sensor, status=Status.RUNNING)

    beat()

    asked.refresh_from_db()
    assert asked.status == Status.FAILED
    assert asked.error == "Its worker was lost; ask for it again"


def test_one_that_runs_is_not_given_up_before_its_worker_would_be_stopped(
    sensor: Sensor,
) -> None:
    asked_of(sensor, status=Status.RUNNING)

    with override_settings(CELERY_TASK_TIME_LIMIT=7_200):
        beat()
        assert Backtest.objects.get().status == Status.RUNNING
        beat(hours=3)
        assert Backtest.objects.get().status == Status.FAILED


def test_one_whose_message_was_lost_is_sent_on_once_a_while(sensor: Sensor) -> None:
    asked = asked_of(sensor)

    with patch("mlops.tasks.send_backtest") as sent:
        tasks.resume_stalled_backtests()
        assert not sent.called
        Backtest.objects.update(updated_at=timezone.now() - timedelta(hours=1))
        tasks.resume_stalled_backtests()
        tasks.resume_stalled_backtests()

    sent.assert_called_once_with(asked.pk)


def test_without_a_broker_it_waits(sensor: Sensor) -> None:
    asked = asked_of(sensor)

    with patch("mlops.tasks.run_backtest.apply_async", side_effect=BrokerError):
        tasks.send_backtest(asked.pk)

    assert Backtest.objects.get().status == Status.WAITING


def test_beat_sees_to_them() -> None:
    started = {entry["task"] for entry in BEAT_SCHEDULE.values()}

    assert tasks.resume_stalled_backtests.name in started


def test_a_site_has_only_so_many_unfinished(sensor: Sensor) -> None:
    for _ in range(MOST_UNFINISHED):
        asked_of(sensor)

    def once_more(of: Sensor) -> Backtest:
        question = Question.of([of], NOON - MINUTE, NOON, "limits", {}, warm_up=0)
        return ask(question, asked_by="erika")

    with pytest.raises(TooManyUnfinishedError):
        once_more(sensor)
    once_more(make_sensor())
    Backtest.objects.close_failed(Backtest.objects.filter(site=sensor.site)[0].pk, "enough")
    once_more(sensor)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"end": NOON - timedelta(days=2)}, "a_backtest_goes_forwards_in_time"),
        ({"status": "done"}, "a_backtest_has_a_result_once_done"),
        ({"result": {}}, "a_backtest_has_a_result_once_done"),
    ],
)
def test_what_must_not_be_is_kept_out(sensor: Sensor, fields: dict[str, Any], name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        asked_of(sensor, **fields)
