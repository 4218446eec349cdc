"""What every agent keeps: works once, in its turn, and all of it or nothing."""

from __future__ import annotations

import time

import pytest
from django.db import InterfaceError, OperationalError, transaction
from kombu.exceptions import OperationalError as BrokerError

from agents.base import Agent, Persistent
from agents.curate import curate_quarantine
from agents.decide import decide
from agents.detect import detect
from agents.ingest import ingest
from agents.models import PipelineRun
from agents.notify import notify
from agents.pipeline import AGENTS
from agents.validate import validate
from maintenance.models import Anomaly
from sensors.models import Reading, ReadingBatch
from tests.factories import make_batch, make_run, make_sensor, reading
from tests.races import race

Stage = PipelineRun.Stage
IN_ORDER = [ingest, validate, detect, decide, notify]


def hot_run() -> PipelineRun:
    """A run with one reading beyond its limit, not yet ingested."""
    sensor = make_sensor(alarm_high=90)
    return make_run(make_batch(sensor.site, [reading(sensor, 95)]))


def stage_of(run: PipelineRun) -> str:
    return PipelineRun.objects.get(pk=run.pk).stage


def test_the_agents_stand_in_the_order_of_the_stages() -> None:
    assert list(AGENTS) == list(PipelineRun.ORDER[1:])
    assert list(AGENTS.values()) == IN_ORDER
    assert all(isinstance(agent, Agent) for agent in IN_ORDER)


@pytest.mark.django_db
@pytest.mark.usefixtures("sleeping_agents")
def test_an_agent_that_runs_twice_works_once() -> None:
    run = hot_run()

    for agent in IN_ORDER:
        agent(run.pk)
        entered = PipelineRun.objects.get(pk=run.pk).timings
        agent(run.pk)
        assert PipelineRun.objects.get(pk=run.pk).timings == entered

    assert stage_of(run) == "notified"
    assert Reading.objects.count() == Anomaly.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("agent", IN_ORDER[1:], ids=lambda agent: agent.name)
def test_an_agent_out_of_turn_does_nothing(agent: Agent) -> None:
    run = hot_run()

    agent(run.pk)

    assert stage_of(run) == "received"


@pytest.mark.django_db
@pytest.mark.parametrize("agent", IN_ORDER, ids=lambda agent: agent.name)
def test_a_run_that_is_not_there_is_no_error(agent: Agent) -> None:
    agent(10**9)


@pytest.mark.django_db
def test_a_failed_run_is_not_worked_on() -> None:
    run = hot_run()
    PipelineRun.objects.close_failed(run.pk, error="broken")

    ingest(run.pk)

    assert stage_of(run) == "received"
    assert not Reading.objects.exists()


@pytest.mark.django_db
def test_work_and_stage_are_undone_together() -> None:
    run = hot_run()

    with pytest.raises(ZeroDivisionError), PipelineRun.objects.entering(run.pk, "ingested"):
        ReadingBatch.objects.update(duplicates=1)
        raise ZeroDivisionError

    assert stage_of(run) == "received"
    assert ReadingBatch.objects.get().duplicates == 0


@pytest.mark.django_db
def test_a_stage_says_when_it_was_entered_and_how_long_it_took() -> None:
    run = hot_run()

    ingest(run.pk)

    run.refresh_from_db()
    assert run.timings["ingested"].keys() == {"entered", "seconds"}
    assert run.timings["ingested"]["seconds"] > 0
    assert run.finished_at is None


@pytest.mark.django_db
def test_the_last_stage_finishes_the_run() -> None:
    run = make_run(make_batch(make_sensor().site), stage=Stage.DECIDED)

    notify(run.pk)

    run.refresh_from_db()
    assert run.state == "finished"
    assert run.next_stage is None


@pytest.mark.parametrize("task", [ingest, curate_quarantine], ids=lambda task: task.name)
@pytest.mark.parametrize(
    ("error", "retried"),
    [
        (OperationalError, True),
        (InterfaceError, True),
        (BrokerError, True),
        (ConnectionError, False),
        (ValueError, False),
    ],
)
def test_only_passing_faults_are_tried_again(
    task: Persistent, error: type[Exception], retried: bool
) -> None:
    assert issubclass(error, task.autoretry_for) is retried
    assert (task.max_retries, task.retry_backoff_max, task.retry_jitter) == (5, 60, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
def test_a_message_delivered_to_two_workers_works_once() -> None:
    run = hot_run()
    worked: list[bool] = []

    def enter() -> None:
        with PipelineRun.objects.entering(run.pk, Stage.INGESTED) as entered:
            worked.append(entered is not None)

    race(enter, enter, enter)

    assert worked.count(True) == 1
    assert stage_of(run) == "ingested"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
def test_a_second_worker_does_not_wait_for_a_run_in_work() -> None:
    run = hot_run()

    def elapsed() -> float:
        begun = time.monotonic()
        ingest(run.pk)
        return time.monotonic() - begun

    with transaction.atomic():
        PipelineRun.objects.select_for_update().get(pk=run.pk)
        (seconds,) = race(elapsed)

    assert seconds < 5
    assert stage_of(run) == "received"
