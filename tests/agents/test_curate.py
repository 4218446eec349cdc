"""What carries curations out, and what carries them on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError
from pytest_django import Settings

from agents import curate
from agents.tasks import resume_stalled_curations
from maintenance.models import Anomaly
from sensors.aside import curating
from sensors.aside.curating import ask
from sensors.models import Curation, QuarantinedReading, Reading, Site
from tests.factories import MINUTE, NOON, make_sensor, make_stored, reading

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sleeping_agents")]


@pytest.fixture
def curation(site: Site, monkeypatch: pytest.MonkeyPatch) -> Curation:
    """A replay of five rows, two at a time, that no message has been sent for."""
    monkeypatch.setattr(curating, "AT_ONCE", 2)
    make_stored(site, *(reading("T9", 99, NOON - MINUTE * i) for i in range(5)))
    make_sensor(site=site, code="T9", alarm_high=90)
    return ask(action="replay", chosen={}, sites=None, asked_by="erika")


def state_of(curation: Curation) -> str:
    return Curation.objects.get(pk=curation.pk).state


def test_a_curation_is_carried_out_once_it_is_committed(
    curation: Curation, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ask(action="replay", chosen={}, sites=None, asked_by="manfred")

    assert Reading.objects.count() == 5
    assert state_of(curation) == "running"


def test_a_message_that_comes_twice_or_late_changes_nothing(curation: Curation) -> None:
    for _ in range(2):
        curate.curate_quarantine(curation.pk)

    curation.refresh_from_db()
    assert (curation.stored, curation.done, curation.state) == (5, 5, "finished")


def test_what_is_replayed_raises_no_alarm(curation: Curation) -> None:
    curate.curate_quarantine(curation.pk)

    assert Reading.objects.filter(value__gt=90).count() == 5
    assert Anomaly.objects.count() == 0


def test_asking_succeeds_while_the_broker_is_away(
    curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise BrokerError("connection refused")

    monkeypatch.setattr("celery.canvas.Signature.apply_async", refuse)

    curate.send(curation.pk)

    assert state_of(curation) == "running"


def test_beat_carries_on_what_was_lost(curation: Curation, settings: Settings) -> None:
    resume_stalled_curations()
    assert state_of(curation) == "running"

    later = timezone.now() + settings.STALLED_AFTER + timedelta(seconds=1)
    with time_machine.travel(later, tick=False):
        resume_stalled_curations()

    assert state_of(curation) == "finished"


def test_one_that_gave_up_says_why_and_is_not_carried_on_by_itself(
    curation: Curation, settings: Settings
) -> None:
    curate.fail_curation(None, ValueError("odd"), None, curation.pk)

    later = timezone.now() + settings.STALLED_AFTER + timedelta(seconds=1)
    with time_machine.travel(later, tick=False):
        resume_stalled_curations()

    curation.refresh_from_db()
    assert (curation.state, curation.error) == ("failed", "ValueError: odd")
    assert QuarantinedReading.objects.waiting().count() == 5
    assert curate.resume(curation.pk)
    assert state_of(curation) == "finished"
    assert not curate.resume(curation.pk)
