"""A run carries batches of several sites; each sees its own share."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from agents.models import PipelineRun
from sensors.models import ReadingBatch, Site
from tests.factories import (
    make_batch,
    make_key,
    make_member,
    make_run,
    make_site,
    make_user,
    reading,
)

pytestmark = pytest.mark.django_db

WORDS = "agents.detect: no such unit: secret of the other site"


def sent(site: Site, number: int) -> ReadingBatch:
    return make_batch(site, [reading("T1", value) for value in range(number)])


def failed_run(*batches: ReadingBatch) -> PipelineRun:
    run = make_run(*batches)
    PipelineRun.objects.close_failed(run.pk, error=WORDS)
    return run


def both_answers(client: APIClient, batch: ReadingBatch, run: PipelineRun) -> list[dict[str, Any]]:
    receipt = client.get(f"/api/v1/batches/{batch.pk}").json()
    return [receipt["run"], client.get(f"/api/v1/runs/{run.pk}").json()]


@pytest.fixture
def mine(sleeping_agents: None, site: Site) -> ReadingBatch:
    return sent(site, 2)


@pytest.fixture
def theirs(sleeping_agents: None, db: None) -> ReadingBatch:
    return sent(make_site(), 5)


def test_a_key_sees_the_readings_of_its_site_and_no_foreign_error(
    gateway: APIClient, mine: ReadingBatch, theirs: ReadingBatch
) -> None:
    run = failed_run(mine, theirs, sent(mine.site, 1))

    for answer in both_answers(gateway, mine, run):
        assert (answer["readings"], answer["state"]) == (3, "failed")
        assert "other sites" in answer["error"]


def test_a_key_sees_why_a_run_of_its_own_batches_failed(
    gateway: APIClient, mine: ReadingBatch
) -> None:
    run = failed_run(mine)

    for answer in both_answers(gateway, mine, run):
        assert (answer["readings"], answer["error"]) == (2, WORDS)


def test_a_shared_run_that_goes_well_has_no_error(
    gateway: APIClient, mine: ReadingBatch, theirs: ReadingBatch
) -> None:
    run = make_run(mine, theirs)

    assert [answer["error"] for answer in both_answers(gateway, mine, run)] == ["", ""]


def test_a_superuser_sees_the_whole_run(mine: ReadingBatch, theirs: ReadingBatch) -> None:
    run = failed_run(mine, theirs)
    client = APIClient()
    client.force_login(make_user(is_superuser=True))

    for answer in both_answers(client, mine, run):
        assert (answer["readings"], answer["error"]) == (7, WORDS)


def test_a_run_of_other_sites_is_not_found(mine: ReadingBatch) -> None:
    _, secret = make_key()
    stranger = APIClient(headers={"X-API-Key": secret})

    assert stranger.get(f"/api/v1/runs/{make_run(mine).pk}").status_code == 404


@pytest.mark.parametrize("page", ["change", "changelist"])
def test_the_admin_shows_a_member_the_own_share(
    client: Client, mine: ReadingBatch, theirs: ReadingBatch, page: str
) -> None:
    run = failed_run(mine, theirs)
    client.force_login(make_member(mine.site, "agents.view_pipelinerun"))
    args = [run.pk] if page == "change" else []

    text = client.get(reverse(f"admin:agents_pipelinerun_{page}", args=args)).content.decode()

    assert "other sites" in text
    assert WORDS not in text
    assert run.readings == 7
    assert ">7<" not in text


def test_a_member_does_not_guess_an_error_by_searching(
    client: Client, mine: ReadingBatch, theirs: ReadingBatch
) -> None:
    run = failed_run(mine, theirs)
    client.force_login(make_member(mine.site, "agents.view_pipelinerun"))

    page = client.get(reverse("admin:agents_pipelinerun_changelist"), {"q": "nothing like it"})

    assert list(page.context["cl"].queryset) == [run]
