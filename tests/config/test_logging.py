"""Every line that a request causes, in the web process or in an agent, names the request."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from agents.models import PipelineRun
from config.logging import CorrelationFilter, logging_config
from maintenance.models import WorkOrder
from sensors.models import Site
from tests.factories import make_sensor

STAGES = ["ingested", "validated", "detected", "decided", "notified"]


class Console(logging.Handler):
    """Keeps the records that the console would show, with what it would show of each."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(CorrelationFilter())
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def correlation_of(record: logging.LogRecord) -> str:
    """What CorrelationFilter put on the record."""
    return str(vars(record)["correlation"])


@pytest.fixture
def lines() -> Iterator[list[logging.LogRecord]]:
    console = Console()
    logging.getLogger().addHandler(console)
    yield console.records
    logging.getLogger().removeHandler(console)


def upload(client: APIClient, commit: Any, request_id: str, sensor: str) -> Any:
    body = json.dumps([{"sensor_id": sensor, "value": 99}])
    with commit(execute=True):
        return client.post(
            "/api/v1/data/ingest",
            body,
            content_type="application/json",
            headers={"X-Request-ID": request_id},
        )


@pytest.mark.django_db
def test_lines_of_the_agents_carry_the_request_id(
    gateway: APIClient,
    site: Site,
    django_capture_on_commit_callbacks: Any,
    lines: list[logging.LogRecord],
) -> None:
    make_sensor(site=site, code="T1", alarm_high=90)

    upload(gateway, django_capture_on_commit_callbacks, "req-77", "T1")

    run = PipelineRun.objects.get()
    ours = [r for r in lines if r.name.partition(".")[0] in ("agents", "maintenance", "sensors")]
    said = {record.name: correlation_of(record) for record in ours}
    assert said["agents.nudge"] == f"run={run.pk} request=req-77"
    assert said["maintenance.decision"] == f"run={run.pk} request=req-77"
    assert said["maintenance.notifying.delivering"] == "request=req-77"
    assert WorkOrder.objects.get().decision["correlation_ids"] == ["req-77"]


@pytest.mark.django_db
def test_every_stage_works_under_the_request_id(
    gateway: APIClient,
    site: Site,
    django_capture_on_commit_callbacks: Any,
    lines: list[logging.LogRecord],
) -> None:
    make_sensor(site=site, code="T1")

    upload(gateway, django_capture_on_commit_callbacks, "req-78", "T1")

    run = PipelineRun.objects.get()
    stages = {
        record.getMessage().split()[3]: correlation_of(record)
        for record in lines
        if record.name == "agents.models"
    }
    assert stages == dict.fromkeys(STAGES, f"run={run.pk} request=req-78")


@pytest.mark.django_db
def test_lines_of_a_refused_request_carry_its_id(
    gateway: APIClient, lines: list[logging.LogRecord]
) -> None:
    gateway.get("/api/v1/batches/1", headers={"X-Request-ID": "req-79"})

    refused = [record for record in lines if record.name == "django.request"]
    assert [correlation_of(record) for record in refused] == ["request=req-79"]


def test_lines_about_nothing_in_particular_say_so(lines: list[logging.LogRecord]) -> None:
    logging.getLogger("anywhere").info("hello")

    assert correlation_of(lines[0]) == "-"


def test_the_console_shows_the_correlation() -> None:
    config = logging_config("INFO")
    record = logging.LogRecord("name", logging.INFO, "path", 1, "hello", None, None)
    CorrelationFilter().filter(record)

    line = logging.Formatter(config["formatters"]["line"]["format"]).format(record)

    assert line.endswith("INFO name [-] hello")
    assert config["handlers"]["console"]["filters"] == ["correlation"]
