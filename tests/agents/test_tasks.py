"""What gets runs going, and going again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.utils import timezone

from agents import pipeline
from agents.models import PipelineRun
from agents.pipeline import AGENTS
from agents.tasks import resume_stalled_runs, send_due_notifications
from maintenance.models import Notification, NotificationRule
from sensors.intake.decoding import decode_readings
from sensors.intake.storing import store_readings
from sensors.models import ReadingBatch
from tests.factories import (
    MINUTE,
    NOON,
    make_batch,
    make_member,
    make_notification,
    make_run,
    make_sensor,
    reading,
)

Stage = PipelineRun.Stage
POISON = 666.0


class Worker:
    """Works runs off one after another and reports failures to pipeline.fail.

    Celery's eager mode raises out of a chain instead, which a worker never does.
    """

    def __init__(self) -> None:
        self.queue: list[PipelineRun] = []

    def work(self, run: PipelineRun) -> None:
        self.queue.append(run)
        while self.queue:
            self._pass_through(self.queue.pop(0))

    def _pass_through(self, run: PipelineRun) -> None:
        for stage in run.stages_ahead:
            try:
                AGENTS[stage](run.pk)
            except Exception as exc:
                request = SimpleNamespace(task=AGENTS[stage].name)
                pipeline.fail(request, exc, None, run.pk)
                return


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    worker = Worker()
    monkeypatch.setattr(pipeline, "start", worker.queue.append)
    return worker


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches with the poisoned value cannot be stored."""

    def store(batches: Sequence[ReadingBatch]) -> None:
        values = {
            r.value for batch in batches for r in decode_readings(bytes(batch.payload or b""))
        }
        if POISON in values:
            raise ValueError("poisoned")
        store_readings(batches)

    monkeypatch.setattr("agents.ingest.store_readings", store)


def batch_of(value: float) -> ReadingBatch:
    sensor = make_sensor()
    return make_batch(sensor.site, [reading(sensor, value)])


@pytest.mark.django_db
@pytest.mark.usefixtures("poison")
def test_a_failed_run_says_where_and_why(worker: Worker) -> None:
    run = make_run(batch_of(POISON))

    worker.work(run)

    run.refresh_from_db()
    assert (run.state, run.stage) == ("failed", "received")
    assert run.error == "agents.ingest: ValueError: poisoned"


@pytest.mark.django_db
@pytest.mark.usefixtures("poison")
@pytest.mark.parametrize("place", range(7))
def test_one_bad_batch_does_not_hold_up_the_others(worker: Worker, place: int) -> None:
    batches = [batch_of(POISON if index == place else 1.0) for index in range(7)]
    run = make_run(*batches)

    worker.work(run)

    bad = ReadingBatch.objects.get(pk=batches[place].pk)
    assert ReadingBatch.objects.filter(status="stored").count() == 6
    assert (bad.status, bad.claim.run.state) == ("claimed", "failed")
    assert bad.payload is not None
    assert not PipelineRun.objects.unfinished().exists()
    assert PipelineRun.objects.filter(claims=None).exclude(failed_at=None).exists()


@pytest.mark.django_db
def test_a_reopened_run_goes_on_from_where_it_stood() -> None:
    run = make_run(batch_of(1.0))
    PipelineRun.objects.close_failed(run.pk, error="broken")
    PipelineRun.objects.reopen(run.pk)

    pipeline.start(PipelineRun.objects.get(pk=run.pk))

    run.refresh_from_db()
    assert (run.state, run.error) == ("finished", "")


@pytest.mark.django_db
@pytest.mark.parametrize("stage", PipelineRun.ORDER[:-1])
def test_a_run_that_stood_still_is_resumed_from_any_stage(stage: str) -> None:
    run = make_run(batch_of(1.0))
    for earlier in list(AGENTS)[: PipelineRun.ORDER.index(stage)]:
        AGENTS[earlier](run.pk)
    before = PipelineRun.objects.get(pk=run.pk)
    assert before.stage == stage

    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        resume_stalled_runs()

    run.refresh_from_db()
    assert run.state == "finished"
    assert before.timings.items() <= run.timings.items()


@pytest.mark.django_db
def test_a_run_that_moved_lately_is_left_alone() -> None:
    run = make_run(batch_of(1.0))

    resume_stalled_runs()

    run.refresh_from_db()
    assert run.stage == "received"


@pytest.mark.django_db
def test_ended_runs_are_not_resumed() -> None:
    failed, finished = (make_run(batch_of(1.0)) for _ in range(2))
    PipelineRun.objects.close_failed(failed.pk, error="broken")
    pipeline.start(finished)

    with time_machine.travel(timezone.now() + timedelta(days=1)):
        stalled = PipelineRun.objects.stalled()

        assert not stalled.exists()


@pytest.mark.django_db
def test_forgotten_batches_are_taken_up() -> None:
    batch = batch_of(1.0)

    resume_stalled_runs()

    batch.refresh_from_db()
    assert batch.status == "stored"


@pytest.mark.django_db
def test_due_notifications_are_sent_and_lost_ones_given_up(
    mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: Any
) -> None:
    now = NOON + timedelta(minutes=9)
    due, ahead = (make_notification(next_attempt_at=at) for at in (now, now + MINUTE))
    lost = make_notification(status="sending", claimed_at=NOON)

    with (
        time_machine.travel(now, tick=False),
        django_capture_on_commit_callbacks(execute=True),
    ):
        send_due_notifications()

    states = [Notification.objects.get(pk=n.pk).status for n in (due, ahead, lost)]
    assert states == ["sent", "waiting", "failed"]
    assert len(mailoutbox) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("poison")
def test_people_are_told_once_of_a_batch_that_cannot_be_worked_off(worker: Worker) -> None:
    batch = batch_of(POISON)
    events = ["pipeline_trouble"]
    rule = NotificationRule.objects.create(name="Pipeline", site=batch.site, events=events)
    rule.to_users.add(make_member(batch.site, email="engineer@example.org"))
    run = make_run(batch, batch_of(1.0))

    worker.work(run)
    failed = PipelineRun.objects.get(claims__batch=batch)
    request = SimpleNamespace(task="agents.ingest")
    pipeline.fail(request, ValueError("poisoned"), None, failed.pk)

    told = Notification.objects.get()
    assert (told.site, told.event, told.recipient) == (batch.site, *events, "engineer@example.org")
    assert f"Batch {batch.pk} was not worked off" in told.detail
    assert "ValueError: poisoned" in told.detail
    assert told.correlation_ids == [batch.correlation_id]
