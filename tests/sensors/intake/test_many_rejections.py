"""What is wrong is counted whatever it is; only the first of it is kept and told."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agents.ingest import ingest
from agents.nudge import claim_run
from sensors.intake.decoding import MOST_REJECTIONS_KEPT
from sensors.models import ReadingBatch

pytestmark = pytest.mark.django_db

INGEST = "/api/v1/data/ingest"
GOOD = {"sensor_id": "T1", "value": 1.5}
WRONG = 1_500


def test_an_upload_keeps_and_tells_the_first(gateway: APIClient) -> None:
    answer = gateway.post(INGEST, [GOOD, *[0] * WRONG], format="json")

    batch = ReadingBatch.objects.get()
    assert (answer.status_code, answer.json()["rejected"], batch.rejected) == (202, WRONG, WRONG)
    assert answer.json()["rejections"] == batch.rejections
    assert [row["index"] for row in batch.rejections] == [*range(1, MOST_REJECTIONS_KEPT + 1)]


def test_an_upload_of_nothing_else_is_told_the_first(gateway: APIClient) -> None:
    problem = gateway.post(INGEST, [0] * WRONG, format="json").json()

    assert (problem["code"], problem["rejected"]) == ("nothing_acceptable", WRONG)
    assert len(problem["rejections"]) == MOST_REJECTIONS_KEPT


def test_csv_keeps_the_first(gateway: APIClient) -> None:
    body = "sensor_id,value\nT1,1\n" + "T1\n" * WRONG

    gateway.post(INGEST, body, content_type="text/csv")

    batch = ReadingBatch.objects.get()
    assert (batch.rejected, len(batch.rejections)) == (WRONG, MOST_REJECTIONS_KEPT)


def test_lines_keep_the_first(gateway: APIClient) -> None:
    body = "m v=1\n" + "aa\n" * WRONG

    answer = gateway.post("/api/v1/write", body, content_type="text/plain")

    batch = ReadingBatch.objects.get()
    assert (batch.rejected, len(batch.rejections)) == (WRONG, MOST_REJECTIONS_KEPT)
    assert answer.json()["rejected"] == WRONG
    assert answer.json()["error"].endswith(f"dropped={WRONG}")


@pytest.mark.usefixtures("sleeping_agents")
def test_the_agents_never_load_what_was_wrong(gateway: APIClient) -> None:
    gateway.post(INGEST, json.dumps([GOOD, 0]), content_type="application/json")

    with CaptureQueriesContext(connection) as queries:
        run = claim_run()
        assert run is not None
        ingest(run.pk)

    assert ReadingBatch.objects.get().status == ReadingBatch.Status.STORED
    assert not [query["sql"] for query in queries if '"rejections"' in query["sql"]]
