"""How new batches are noticed, and gathered into runs."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from kombu.exceptions import OperationalError as BrokerError
from pytest_django import Settings

from agents import nudge
from agents.models import PipelineRun
from sensors.models import ReadingBatch
from tests.deadend import without_cache
from tests.factories import make_batch, make_sensor, reading


def batch_of(value: float) -> ReadingBatch:
    sensor = make_sensor()
    return make_batch(sensor.site, [reading(sensor, value)])


@pytest.mark.django_db
def test_starting_runs_leaves_nothing_waiting(settings: Settings) -> None:
    settings.MAX_READINGS_PER_RUN = 2
    for _ in range(5):
        batch_of(1.0)

    nudge.start_runs()

    assert PipelineRun.objects.count() == 3
    assert {run.state for run in PipelineRun.objects.all()} == {"finished"}
    assert not ReadingBatch.objects.waiting().exists()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bool | None]:
    """The messages to start_runs: whether they are a last look, None for a nudge."""
    messages: list[bool | None] = []

    def send(kwargs: dict[str, Any] | None = None, **options: Any) -> None:
        messages.append((kwargs or {}).get("last_look"))

    monkeypatch.setattr(nudge.start_runs, "apply_async", send)
    monkeypatch.setattr(nudge._LastSeen, "at", float("-inf"))
    return messages


NUDGE, AGAIN, LAST_LOOK = None, False, True


def test_a_nudge_is_sent_once_while_one_is_under_way(sent: list[bool | None]) -> None:
    nudge.send()
    nudge.send()

    assert sent == [NUDGE]


@pytest.mark.django_db
def test_a_message_goes_round_while_readings_keep_coming(sent: list[bool | None]) -> None:
    batch_of(1.0)
    nudge.start_runs()
    nudge.send()
    batch_of(2.0)
    nudge.start_runs()

    assert sent == [AGAIN, AGAIN]


@pytest.mark.django_db
def test_a_message_that_finds_nothing_looks_once_more_and_ends(sent: list[bool | None]) -> None:
    nudge.start_runs()
    nudge.start_runs(last_look=True)
    assert sent == [LAST_LOOK]

    nudge.send()
    assert sent == [LAST_LOOK, NUDGE]


@pytest.mark.django_db
def test_a_last_look_leaves_the_rest_to_a_message_sent_meanwhile(sent: list[bool | None]) -> None:
    batch = batch_of(1.0)
    nudge.send()

    nudge.start_runs(token="earlier", last_look=True)

    assert sent == [NUDGE]
    assert ReadingBatch.objects.waiting().get() == batch


@pytest.mark.django_db
def test_a_last_look_that_finds_something_goes_round_again(sent: list[bool | None]) -> None:
    batch_of(1.0)

    nudge.start_runs(last_look=True)
    nudge.send()

    assert sent == [AGAIN]


def test_a_sender_that_knows_of_a_message_does_not_ask_again(
    settings: Settings, sent: list[bool | None]
) -> None:
    settings.GATHER_FOR = 10

    nudge.send()
    cache.delete(nudge.FLAG)
    nudge.send()
    assert sent == [NUDGE]

    settings.GATHER_FOR = 0
    nudge.send()
    assert sent == [NUDGE, NUDGE]


@pytest.mark.parametrize(("gather_for", "seconds"), [(0.5, 5), (60, 240)])
def test_the_flag_outlives_a_round_and_not_much_more(
    settings: Settings, gather_for: float, seconds: int
) -> None:
    settings.GATHER_FOR = gather_for

    assert nudge.flag_expires() == seconds


@pytest.mark.django_db
def test_of_two_messages_that_go_round_one_is_left(sent: list[bool | None]) -> None:
    batch_of(1.0)
    nudge.start_runs(token="one")
    batch = batch_of(2.0)

    nudge.start_runs(token="two")
    assert sent == [AGAIN]
    assert ReadingBatch.objects.waiting().get() == batch

    nudge.start_runs(token="one")
    assert sent == [AGAIN, AGAIN]
    assert not ReadingBatch.objects.waiting().exists()


@pytest.mark.django_db
def test_a_nudge_is_sent_though_the_cache_is_away(
    settings: Settings, sent: list[bool | None]
) -> None:
    with without_cache(settings):
        nudge.send()

    assert sent == [NUDGE]


@pytest.mark.django_db
def test_a_nudge_survives_that_the_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise BrokerError("connection refused")

    monkeypatch.setattr(nudge.start_runs, "apply_async", refuse)

    nudge.send()


@pytest.mark.django_db
def test_runs_start_while_the_cache_is_away(settings: Settings) -> None:
    batch = batch_of(1.0)

    with without_cache(settings):
        nudge.start_runs()

    batch.refresh_from_db()
    assert batch.status == "stored"
