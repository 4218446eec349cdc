from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from agents import nudge
from agents.models import Claim, PipelineRun
from sensors.models import ReadingBatch
from tests.factories import make_batch, make_run, make_site, reading
from tests.races import race

Stage = PipelineRun.Stage


def waiting(*sizes: int, mode: str = "live") -> list[ReadingBatch]:
    """Batches of so many readings each."""
    site = make_site()
    return [make_batch(site, [reading("T1", v) for v in range(n)], mode=mode) for n in sizes]


def claimed(run: PipelineRun | None) -> list[int]:
    return list(run.batches.order_by("pk").values_list("pk", flat=True)) if run else []


@pytest.mark.django_db
def test_a_run_takes_all_that_waits() -> None:
    batches = waiting(1, 2, 3)

    run = nudge.claim_run()

    assert run is not None
    assert claimed(run) == [batch.pk for batch in batches]
    assert (run.readings, run.stage) == (6, "received")
    assert run.first_received_at == batches[0].received_at
    assert nudge.claim_run() is None


@pytest.mark.django_db
def test_a_run_takes_the_oldest_up_to_its_limit(settings: Settings) -> None:
    settings.MAX_READINGS_PER_RUN = 4
    first, second, third, fourth = waiting(2, 2, 1, 9)

    runs = [nudge.claim_run() for _ in range(4)]

    assert [claimed(run) for run in runs] == [
        [first.pk, second.pk],
        [third.pk],
        [fourth.pk],
        [],
    ]


@pytest.mark.django_db
def test_live_batches_go_first_and_are_not_mixed_with_backfill() -> None:
    (old,) = waiting(1, mode="backfill")
    (new,) = waiting(1)

    runs = [nudge.claim_run() for _ in range(2)]

    assert [claimed(run) for run in runs] == [[new.pk], [old.pk]]


@pytest.mark.django_db
def test_a_claim_counts_what_is_accepted_and_leaves_what_is_large(settings: Settings) -> None:
    settings.MAX_READINGS_PER_RUN = 1
    waiting(1)

    (batch,) = ReadingBatch.objects.claim(readings=1)

    assert batch.get_deferred_fields() == {"payload", "rejections"}
    assert ReadingBatch.objects.get().status == "claimed"


@pytest.mark.django_db
def test_a_batch_belongs_to_one_run() -> None:
    (batch,) = waiting(1)
    make_run(batch)
    other = make_run(*waiting(1))

    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(run=other, batch=batch)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
def test_workers_that_claim_at_once_share_the_batches(settings: Settings) -> None:
    settings.MAX_READINGS_PER_RUN = 3
    batches = waiting(*[1] * 30)

    def claim_all() -> list[list[int]]:
        runs = []
        while run := nudge.claim_run():
            runs.append(claimed(run))
        return runs

    taken = [
        pk for worker in race(claim_all, claim_all, claim_all) for run in worker for pk in run
    ]

    # A worker that finds all in the hands of others leaves; what it left is then theirs.
    taken += [pk for run in claim_all() for pk in run]
    assert sorted(taken) == [batch.pk for batch in batches]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
def test_what_another_worker_is_taking_is_passed_over() -> None:
    first, second = waiting(1, 1)

    with transaction.atomic():
        ReadingBatch.objects.select_for_update().get(pk=first.pk)
        (run,) = race(nudge.claim_run)

    assert claimed(run) == [second.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stage", "ahead"),
    [
        ("received", ["ingested", "validated", "detected", "decided", "notified"]),
        ("detected", ["decided", "notified"]),
        ("notified", []),
    ],
)
def test_a_run_knows_the_stages_ahead(stage: str, ahead: list[str]) -> None:
    run = PipelineRun(stage=stage)

    assert list(run.stages_ahead) == ahead
    assert run.next_stage == (ahead[0] if ahead else None)


@pytest.mark.django_db
def test_a_failed_run_keeps_its_stage_and_the_reason() -> None:
    run = make_run(*waiting(1), stage=Stage.VALIDATED)

    assert PipelineRun.objects.close_failed(run.pk, error="x" * 2000)
    assert not PipelineRun.objects.close_failed(run.pk, error="again")

    run.refresh_from_db()
    assert (run.state, run.stage, run.error) == ("failed", "validated", "x" * 1000)
    assert run.next_stage is None


@pytest.mark.django_db
def test_a_finished_run_cannot_fail() -> None:
    run = make_run(*waiting(1), stage=Stage.DECIDED)
    with PipelineRun.objects.entering(run.pk, Stage.NOTIFIED):
        pass

    assert not PipelineRun.objects.close_failed(run.pk, error="late")
    assert PipelineRun.objects.split(run.pk, error="late") == []


@pytest.mark.django_db
def test_a_failed_run_of_several_batches_lives_on_as_two_halves() -> None:
    batches = waiting(1, 2, 4)
    run = make_run(*batches, stage=Stage.VALIDATED)

    halves = PipelineRun.objects.split(run.pk, error="broken")

    assert [claimed(half) for half in halves] == [
        [batches[0].pk],
        [batches[1].pk, batches[2].pk],
    ]
    assert [(half.stage, half.readings) for half in halves] == [("validated", 1), ("validated", 6)]
    run.refresh_from_db()
    assert (run.state, claimed(run)) == ("failed", [])


@pytest.mark.django_db
def test_a_failed_run_of_one_batch_keeps_it() -> None:
    (batch,) = waiting(1)
    run = make_run(batch)

    assert PipelineRun.objects.split(run.pk, error="broken") == []
    assert claimed(run) == [batch.pk]


@pytest.mark.django_db
def test_a_failed_run_can_be_reopened() -> None:
    run = make_run(*waiting(1), stage=Stage.VALIDATED)
    PipelineRun.objects.close_failed(run.pk, error="broken")

    assert PipelineRun.objects.reopen(run.pk)
    assert not PipelineRun.objects.reopen(run.pk)

    run.refresh_from_db()
    assert (run.state, run.error, run.next_stage) == ("running", "", "detected")


@pytest.mark.django_db
def test_a_run_names_each_request_once(site: Any) -> None:
    batches = [make_batch(site, correlation_id=request_id) for request_id in ("b", "a", "b")]

    assert make_run(*batches).request_ids == ("b", "a")
