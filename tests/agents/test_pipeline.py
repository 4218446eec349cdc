"""From an upload to the mail, with every agent for real, in the test's own process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agents.decide import decide
from agents.detect import detect
from agents.ingest import ingest
from agents.models import PipelineRun
from agents.notify import notify
from agents.validate import validate
from maintenance.models import Anomaly, Notification, WorkOrder
from sensors.models import Reading, ReadingBatch, Sensor, Site
from tests.factories import (
    MINUTE,
    NOON,
    make_asset,
    make_batch,
    make_history,
    make_run,
    make_sensor,
    reading,
)

Stage = PipelineRun.Stage
AGENTS = {
    Stage.INGESTED: ingest,
    Stage.VALIDATED: validate,
    Stage.DETECTED: detect,
    Stage.DECIDED: decide,
    Stage.NOTIFIED: notify,
}


@pytest.fixture
def upload(gateway: APIClient, django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
    """Send values for sensor T1, as it is at its alarm limit of 90, and let the agents work."""

    def send(*values: float, mode: str = "live") -> Any:
        rows = [
            {"sensor_id": "T1", "value": v, "timestamp": (NOON + MINUTE * i).isoformat()}
            for i, v in enumerate(values)
        ]
        body = json.dumps({"readings": rows, "mode": mode})
        with django_capture_on_commit_callbacks(execute=True):
            return gateway.post("/api/v1/data/ingest", body, content_type="application/json")

    return send


@pytest.fixture
def sensor(site: Site) -> Sensor:
    asset = make_asset(site=site, tag="P-1", criticality=4)
    return make_sensor(asset=asset, code="T1", warning_high=80, alarm_high=90)


@pytest.mark.django_db
def test_an_upload_ends_as_a_work_order_and_a_mail(
    upload: Callable[..., Any],
    sensor: Sensor,
    gateway: APIClient,
    mailoutbox: list[EmailMessage],
) -> None:
    answer = upload(70, 95)

    receipt = gateway.get(answer.headers["Location"]).json()
    order = WorkOrder.objects.get()
    assert (receipt["status"], receipt["stored"]) == ("stored", 2)
    assert (receipt["run"]["state"], receipt["run"]["stage"]) == ("finished", "notified")
    assert receipt["run"]["timings"].keys() == set(AGENTS)
    assert (order.asset, order.priority) == (sensor.asset, "P1")
    assert order.decision["correlation_ids"] == [receipt["correlation_id"]]
    assert [anomaly.peak_value for anomaly in order.anomalies.all()] == [95]
    (mail,) = mailoutbox
    assert mail.to == ["planner@example.org"]
    assert mail.extra_headers["X-Request-ID"] == receipt["correlation_id"]
    assert Notification.objects.get().status == "sent"


@pytest.mark.django_db
@pytest.mark.usefixtures("sensor")
def test_ordinary_readings_end_quietly(
    upload: Callable[..., Any], mailoutbox: list[EmailMessage]
) -> None:
    upload(70, 71)

    assert PipelineRun.objects.get().state == "finished"
    assert Reading.objects.count() == 2
    assert not Anomaly.objects.exists()
    assert mailoutbox == []


@pytest.mark.django_db
@pytest.mark.usefixtures("sensor")
def test_a_backfill_is_stored_and_raises_no_alarm(upload: Callable[..., Any]) -> None:
    upload(70, 95, mode="backfill")

    assert PipelineRun.objects.get().state == "finished"
    assert Reading.objects.count() == 2
    assert not Anomaly.objects.exists()


@pytest.mark.django_db
def test_readings_that_are_not_believed_raise_no_alarm(
    upload: Callable[..., Any], sensor: Sensor
) -> None:
    sensor.plausible_high = 92
    sensor.save()

    upload(70, 95)

    assert Reading.objects.filter(quality=Reading.Quality.BAD).count() == 1
    assert not Anomaly.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("sensor")
def test_the_same_upload_again_raises_nothing_new(
    upload: Callable[..., Any], mailoutbox: list[EmailMessage]
) -> None:
    upload(70, 95)
    upload(70, 95)

    assert ReadingBatch.objects.order_by("-pk")[0].duplicates == 2
    assert Anomaly.objects.count() == WorkOrder.objects.count() == len(mailoutbox) == 1


@pytest.mark.django_db
def test_a_deviation_from_its_history_is_seen_without_limits(site: Site) -> None:
    sensor = make_sensor(site=site)
    make_history(sensor, [20 + i % 5 * 0.1 for i in range(300)])
    far_off = [reading(sensor, 35, NOON + MINUTE * i) for i in range(3)]
    run = make_run(make_batch(site, far_off))

    for agent in (ingest, validate, detect):
        agent(run.pk)

    anomaly = Anomaly.objects.get()
    assert (anomaly.kind, anomaly.detector) == ("deviation", "seasonal_baseline#2")
    assert "35, above the expected" in anomaly.reason


@pytest.mark.django_db
def test_with_little_history_there_are_no_deviations(site: Site) -> None:
    sensor = make_sensor(site=site)
    make_history(sensor, [20 + i % 5 * 0.1 for i in range(20)])
    run = make_run(make_batch(site, [reading(sensor, 35)]))

    for agent in (ingest, validate, detect):
        agent(run.pk)

    assert not Anomaly.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("stage", [Stage.INGESTED, Stage.VALIDATED, Stage.DETECTED, Stage.DECIDED])
def test_queries_of_a_stage_do_not_grow_with_the_readings(stage: Stage) -> None:
    def queries(many: int) -> int:
        sensor = make_sensor(warning_high=80, alarm_high=90)
        rows = [reading(sensor, 95 + i % 7, NOON + MINUTE * i) for i in range(many)]
        run = make_run(make_batch(sensor.site, rows))
        for earlier in list(AGENTS)[: list(AGENTS).index(stage)]:
            AGENTS[earlier](run.pk)
        with CaptureQueriesContext(connection) as captured:
            AGENTS[stage](run.pk)
        assert PipelineRun.objects.get(pk=run.pk).stage == stage
        return len(captured)

    few = queries(500)

    assert queries(1500) == few
