"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from pytest_django import Settings
from rest_framework.test import APIClient

from maintenance.notifying.channels import posting
from sensors.models import Site
from tests.factories import NOON, make_member, make_user
from tests.maintenance.notifying.making import logged_in, make_channel, make_policy, make_step


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """It stands still at noon, and goes when a test says so."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def policy(site: Site) -> Any:
    policy = make_policy(site)
    for minutes, name in ((5, "first"), (15, "second"), (60, "boss")):
        make_step(policy, minutes, make_channel(site, address=f"{name}@here.org"))
    return policy


@pytest.fixture
def planner(site: Site) -> APIClient:
    return logged_in(make_member(site, username="erika"))


@pytest.fixture
def administrator(db: None) -> APIClient:
    return logged_in(make_user(username="root", is_superuser=True))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(posting, "TIMEOUT", 0.2)
    settings.EMAIL_TIMEOUT = 0.2


@pytest.fixture
def providers(settings: Settings) -> None:
    settings.NOTIFY_ALLOW_LOOPBACK = True
    settings.SMS_ACCOUNT, settings.SMS_TOKEN, settings.SMS_FROM = "AC1", "hush", "+4930123"
