"""Django's own connection leads to TimescaleDB here, so the project's code runs on it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import DjangoDbBlocker, Settings

from sensors.store.engine import is_timescale
from sensors.store.policies import apply_policies
from tests.databases import connection_to, leading_to
from tests.timescale.server import NoTimescaleError, timescale


@pytest.fixture(scope="session")
def database(django_db_blocker: DjangoDbBlocker) -> Iterator[BaseDatabaseWrapper]:
    """A connection to a TimescaleDB of the tests' own, migrated."""
    try:
        with timescale() as url:
            connection = connection_to(url)
            with django_db_blocker.unblock(), leading_to(connection):
                call_command("migrate", verbosity=0)
            yield connection
            connection.close()
    except NoTimescaleError as exc:
        if os.environ.get("REQUIRE_TIMESCALE") == "1":
            pytest.fail(str(exc))
        pytest.skip(str(exc))


@pytest.fixture
def on_timescale(
    database: BaseDatabaseWrapper,
    settings: Settings,
    django_db_blocker: DjangoDbBlocker,
    sleeping_agents: None,
) -> Iterator[None]:
    """All queries of the test go to TimescaleDB, without rows and as the settings say."""
    settings.STORE_TAKES_COPY = False
    with django_db_blocker.unblock(), leading_to(database):
        apply_policies()
        try:
            yield
        finally:
            with database.cursor() as cursor:
                cursor.execute("TRUNCATE sensors_reading, sensors_site, sensors_assettype CASCADE")
                cursor.execute("CALL refresh_continuous_aggregate('sensors_hourly', NULL, NULL)")


PLAIN = pytest.param("plain", marks=pytest.mark.django_db)


@pytest.fixture(params=[PLAIN, "timescale"])
def each_engine(request: pytest.FixtureRequest, sleeping_agents: None) -> None:
    """The test runs twice: on plain PostgreSQL and on TimescaleDB."""
    if request.param == "timescale":
        request.getfixturevalue("on_timescale")
    assert is_timescale() == (request.param == "timescale")
