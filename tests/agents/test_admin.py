from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from agents.models import PipelineRun
from tests.factories import (
    NOON,
    make_batch,
    make_member,
    make_run,
    make_sensor,
    make_site,
    reading,
)

pytestmark = pytest.mark.django_db

RUNS = reverse("admin:agents_pipelinerun_changelist")


def resume(client: Client, *runs: PipelineRun) -> Any:
    selected = {"_selected_action": [run.pk for run in runs]}
    return client.post(RUNS, {"action": "resume", "index": 0} | selected, follow=True)


def words_of(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def failed_run(**fields: Any) -> PipelineRun:
    sensor = make_sensor()
    run = make_run(make_batch(sensor.site, [reading(sensor, 5.0)]))
    PipelineRun.objects.close_failed(run.pk, error="agents.detect: no")
    return run


def test_a_failed_run_goes_on_to_its_end(admin_client: Client) -> None:
    run = failed_run()

    answer = resume(admin_client, run)

    run.refresh_from_db()
    assert run.state == "finished"
    assert "Resumed 1 run(s)" in words_of(answer)


def test_a_stalled_run_goes_on_and_a_running_one_is_left_alone(admin_client: Client) -> None:
    stalled, running = make_run(make_batch(make_site())), make_run(make_batch(make_site()))
    PipelineRun.objects.filter(pk=stalled.pk).update(updated_at=NOON)
    PipelineRun.objects.filter(pk=running.pk).update(updated_at=timezone.now())

    answer = resume(admin_client, stalled, running)

    assert [run.pk for run in PipelineRun.objects.finished()] == [stalled.pk]
    assert f"run {running.pk} is neither failed nor stalled" in words_of(answer)


def test_a_run_that_was_split_is_not_resumed_for_its_halves_go_on(admin_client: Client) -> None:
    run = make_run(make_batch(make_site()), make_batch(make_site()))
    PipelineRun.objects.split(run.pk, error="no")

    resume(admin_client, run)

    run.refresh_from_db()
    assert run.state == "failed"


def test_resuming_takes_the_permission(client: Client) -> None:
    run = failed_run()
    client.force_login(make_member(run.batches.get().site, "agents.view_pipelinerun"))

    resume(client, run)

    run.refresh_from_db()
    assert run.state == "failed"


@patch("agents.pipeline.start", side_effect=BrokerError)
def test_a_broker_that_is_away_is_a_warning(start: Any, admin_client: Client) -> None:
    run = failed_run()

    answer = resume(admin_client, run)

    assert "The broker is away" in words_of(answer)
    run.refresh_from_db()
    assert run.state == "running"  # So beat finds it, once it is stalled.


def test_a_run_shows_the_seconds_of_its_stages_and_its_batches(admin_client: Client) -> None:
    run = failed_run()
    resume(admin_client, run)
    batch = run.batches.get()

    page = admin_client.get(reverse("admin:agents_pipelinerun_change", args=[run.pk]))

    text = page.content.decode()
    assert all(stage.label in text for stage in PipelineRun.ORDER[1:])
    assert reverse("admin:sensors_readingbatch_change", args=[batch.pk]) in text
    assert page.context["buttons"] == {}


def test_a_member_sees_of_a_shared_run_only_the_own_batches(client: Client) -> None:
    mine, theirs = make_batch(make_site()), make_batch(make_site())
    run = make_run(mine, theirs)
    client.force_login(make_member(mine.site, "agents.view_pipelinerun"))

    page = client.get(reverse("admin:agents_pipelinerun_change", args=[run.pk]))

    assert f"batch {mine.pk}" in page.content.decode()
    assert f"batch {theirs.pk}" not in page.content.decode()


def test_the_batches_of_a_run_are_listed(admin_client: Client) -> None:
    batch, _ = make_batch(make_site()), make_batch(make_site())
    run = make_run(batch)

    page = admin_client.get(
        f"{reverse('admin:sensors_readingbatch_changelist')}?claim__run={run.pk}"
    )

    assert list(page.context["cl"].queryset) == [batch]
    assert f"run {run.pk}" in page.content.decode()
