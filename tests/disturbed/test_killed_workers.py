from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from agents.models import PipelineRun
from agents.tasks import resume_stalled_runs, send_due_notifications
from celery_app import app
from maintenance.models import Notification
from sensors.models import Site
from tests.disturbed.conftest import eager
from tests.disturbed.plant import finished, make_plant, make_uploads, no_run_failed, snapshot
from tests.disturbed.workers import wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)
# In each stage; and after a commit but before the next message, which is alike for all but
# the last.
MOMENTS = [(stage.value, "KILL_IN") for stage in PipelineRun.ORDER[1:]]
MOMENTS += [("validated", "KILL_AFTER"), ("notified", "KILL_AFTER")]


@pytest.fixture(scope="module")
def known() -> list[dict[str, Any]]:
    """What the uploads lead to, once it has been seen."""
    return []


@pytest.fixture
def expected(real_broker: None, known: list[dict[str, Any]]) -> dict[str, Any]:
    """What the uploads lead to when nothing happens, in this process."""
    if not known:
        with eager(on=True):
            site = send_uploads()
        assert finished(site)
        known.append(snapshot(site))
    return known[0]


def beat() -> None:
    """What beat does every few seconds."""
    resume_stalled_runs()
    send_due_notifications()


def send_uploads() -> Site:
    site = make_plant()
    make_uploads(site)
    return site


@pytest.mark.parametrize(("stage", "moment"), MOMENTS)
def test_a_killed_worker_leaves_no_trace(
    stage: str, moment: str, expected: Any, settings: Settings, tmp_path: Path
) -> None:
    with worker(tmp_path, disturbance={moment: stage}) as doomed:
        site = send_uploads()
        wait_until(lambda: doomed.poll() is not None)
    assert not finished(site)

    settings.STALLED_AFTER = timedelta(0)
    with eager(on=True):
        wait_until(lambda: finished(site), meanwhile=beat)

    assert snapshot(site) == expected
    assert no_run_failed()


def test_a_killed_worker_is_replaced_by_another(expected: Any, tmp_path: Path) -> None:
    with worker(tmp_path, disturbance={"KILL_IN": "detected"}) as doomed:
        site = send_uploads()
        wait_until(lambda: doomed.poll() is not None)

    with worker(tmp_path):
        wait_until(lambda: finished(site), meanwhile=resume_stalled_runs.delay)

    assert snapshot(site) == expected


def test_a_killed_pool_process_is_replaced_and_its_message_delivered_again(
    expected: Any, tmp_path: Path
) -> None:
    with worker(tmp_path, pool="prefork", disturbance={"KILL_CHILD_IN": "ingested"}):
        site = send_uploads()
        wait_until(lambda: finished(site))

    assert (tmp_path / "killed").exists()
    assert snapshot(site) == expected


def test_messages_that_come_twice_do_their_work_once(expected: Any, tmp_path: Path) -> None:
    with worker(tmp_path, pool="prefork", processes=2, disturbance={"TWICE": "1"}):
        site = send_uploads()
        wait_until(lambda: finished(site))

    told = Notification.objects.filter(work_order__asset__site=site)
    assert snapshot(site) == expected
    assert len(list((tmp_path / "mail").iterdir())) == told.count()


def test_two_workers_share_the_uploads_between_them(expected: Any, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()

    with worker(tmp_path / "one", pool="prefork"), worker(tmp_path / "two", pool="prefork"):
        sites = [send_uploads() for _ in range(4)]
        for _ in range(10):
            # More messages than needed, so that the workers do meet.
            app.send_task("agents.start_runs")
            resume_stalled_runs.delay()
        wait_until(lambda: all(finished(site) for site in sites))

    assert [snapshot(site) for site in sites] == [expected] * 4
    assert no_run_failed()
