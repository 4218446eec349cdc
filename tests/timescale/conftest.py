"""Django's own connection leads to TimescaleDB here, so the project's code runs on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import DjangoDbBlocker, Settings

from sensors.store.engine import is_timescale
from sensors.store.policies import apply_policies
from tests import migrated
from tests.databases import connection_to, leading_to
from tests.timescale.server import NoTimescaleError, timescale


@contextmanager
def with_sensors(blocker: DjangoDbBlocker) -> Iterator[BaseDatabaseWrapper]:
    """A connection to a TimescaleDB of the tests' own, with the tables of one app."""
    try:
        with timescale() as url:
            connection = connection_to(url)
            with blocker.unblock(), leading_to(connection):
                call_command("migrate", "sensors", verbosity=0)
            yield connection
            connection.close()
    except NoTimescaleError as exc:
        if os.environ.get("REQUIRE_TIMESCALE") == "1":
            pytest.fail(str(exc))
        pytest.skip(str(exc))


@pytest.fixture(scope="session")
def database(django_db_blocker: DjangoDbBlocker) -> Iterator[BaseDatabaseWrapper]:
    """With all tables. Those of the apps above are the same on either engine, and copied.

    `make migrations` makes them there step by step, which takes a minute.
    """
    with with_sensors(django_db_blocker) as connection:
        with django_db_blocker.unblock(), leading_to(connection):
            migrated.fill_rest(connection)
        yield connection


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


@pytest.fixture
def on_timescale_of_sensors(
    settings: Settings, django_db_blocker: DjangoDbBlocker, sleeping_agents: None
) -> Iterator[None]:
    """All queries of the test go to a TimescaleDB that knows the tables of one app."""
    settings.STORE_TAKES_COPY = False
    with (
        with_sensors(django_db_blocker) as database,
        django_db_blocker.unblock(),
        leading_to(database),
    ):
        yield


PLAIN = pytest.param("plain", marks=pytest.mark.django_db)


@pytest.fixture(params=[PLAIN, "timescale"])
def each_engine(request: pytest.FixtureRequest, sleeping_agents: None) -> None:
    """The test runs twice: on plain PostgreSQL and on TimescaleDB."""
    if request.param == "timescale":
        request.getfixturevalue("on_timescale")
    assert is_timescale() == (request.param == "timescale")
