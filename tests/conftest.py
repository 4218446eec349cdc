from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from rest_framework.test import APIClient

from agents import nudge
from agents import tasks as _agents  # noqa: F401, the agents are known from the first test on
from sensors.intake.limits import backlog
from sensors.models import Site
from tests import databases, migrated
from tests.factories import make_key, make_site
from tests.mosquitto import Mosquitto, require_mosquitto


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The database of each process is a copy, where there is one to copy from."""
    if template := migrated.awaited():
        connection.settings_dict["TEST"]["TEMPLATE"] = template


@pytest.fixture(autouse=True, scope="session")
def _emptied_the_quick_way() -> None:
    """What tests commit is taken away in a tenth of the time."""
    DatabaseOperations.sql_flush = databases.emptied  # type: ignore[assignment,method-assign]


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _known_backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits, as far as this process knows: it would count once in a second."""
    monkeypatch.setattr(backlog, "_asked_at", float("inf"))
    monkeypatch.setattr(backlog, "batches", 0)
    monkeypatch.setattr(backlog, "readings", 0)


@pytest.fixture
def site(db: None) -> Site:
    return make_site()


@pytest.fixture
def gateway(site: Site) -> APIClient:
    """A client with a key of `site` that may read and send, but not register."""
    _, secret = make_key(site=site)
    return APIClient(headers={"X-API-Key": secret})


@pytest.fixture
def curator(site: Site) -> APIClient:
    """A client with a key of `site` that may curate besides."""
    _, secret = make_key(site=site, name="Curator", can_curate=True)
    return APIClient(headers={"X-API-Key": secret})


@pytest.fixture
def sleeping_agents() -> None:
    """New batches wait: as if a nudge were under way that nobody has taken yet."""
    cache.set(nudge.FLAG, 1, timeout=None)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """An MQTT broker of the test's own, which it may kill."""
    require_mosquitto()
    broker = Mosquitto(tmp_path / "mosquitto", "allow_anonymous true")
    broker.start()
    yield broker
    broker.kill()
