"""A connection that the server closed is noticed before it is used."""

from __future__ import annotations

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from sensors.store.connections import drop_lost


def server_process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_is_replaced() -> None:
    before = server_process()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    other.close()

    drop_lost()

    assert server_process() != before


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_works_is_kept_and_not_asked() -> None:
    before = server_process()

    with CaptureQueriesContext(connection) as queries:
        drop_lost()

    assert (len(queries), server_process()) == (0, before)


@pytest.mark.django_db
def test_a_connection_in_a_transaction_is_left_alone() -> None:
    before = server_process()

    drop_lost()

    assert server_process() == before
