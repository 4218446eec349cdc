"""A row that goes past the ORM into the database is as the ORM would have made it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import (
    DataError,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    transaction,
)

from sensors.models import ReadingBatch, Site
from sensors.store.connections import drop_lost
from sensors.store.inserting import _insert_of, insert_row
from tests.factories import make_key, make_site

pytestmark = pytest.mark.django_db(transaction=True)

FIELDS = [field.attname for field in ReadingBatch._meta.concrete_fields if not field.primary_key]


def batch_of(site: Site, **fields: object) -> ReadingBatch:
    given = {"source": "key:1", "correlation_id": "r1", "digest": "d" * 64, "accepted": 1}
    return ReadingBatch(site=site, **given | {"payload": b"[]"} | fields)


def kept(batch: ReadingBatch) -> dict[str, object]:
    found = ReadingBatch.objects.get(pk=batch.pk)
    return {name: getattr(found, name) for name in FIELDS}


def in_sql(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_every_value_is_kept_as_it_is() -> None:
    site = make_site()
    batch = batch_of(
        site,
        api_key=make_key(site=site)[0],
        source="ü, 'quoted' \\ and %s",
        idempotency_key="",
        mode=ReadingBatch.Mode.BACKFILL,
        received_at=datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
        may_register=True,
        payload=bytes(range(256)),
        accepted=2_000_000_000,
        rejections=[{"code": "é\n", "value": None}],
    )

    insert_row(batch)

    assert kept(batch) == {name: getattr(batch, name) for name in FIELDS}
    assert not batch._state.adding


def test_what_is_left_out_is_empty() -> None:
    batch = batch_of(make_site(), payload=None)

    insert_row(batch)

    found = kept(batch)
    empty = {name for name, value in found.items() if value is None}
    assert empty == {"api_key_id", "idempotency_key", "payload"}
    assert (found["status"], found["spans"]) == ("waiting", [])


def test_a_text_with_a_nul_is_refused_and_not_cut_off() -> None:
    with pytest.raises(DataError):
        insert_row(batch_of(make_site(), source="key\x00:1"))

    assert not ReadingBatch.objects.exists()


def test_what_contradicts_a_constraint_is_refused() -> None:
    batch = batch_of(make_site())
    batch.site_id += 1

    with pytest.raises(IntegrityError):
        insert_row(batch)


def test_a_row_belongs_to_the_transaction_around_it() -> None:
    site = make_site()
    with transaction.atomic():
        insert_row(batch_of(site))
        transaction.set_rollback(True)

    assert not ReadingBatch.objects.exists()


def test_a_statement_is_prepared_once_for_a_connection() -> None:
    site = make_site()
    for _ in range(3):
        insert_row(batch_of(site))

    names = in_sql("SELECT name FROM pg_prepared_statements WHERE name LIKE 'insert%'")
    assert len(names) == 1
    assert ReadingBatch.objects.count() == 3


def test_a_connection_that_forgot_the_statement_carries_it_out() -> None:
    """As behind a pooler, which leads each transaction to another of its connections."""
    site = make_site()
    insert_row(batch_of(site))
    in_sql("DEALLOCATE ALL")

    insert_row(batch_of(site))

    assert ReadingBatch.objects.count() == 2


def test_a_connection_that_knows_the_statement_from_others_carries_it_out() -> None:
    site = make_site()
    insert_row(batch_of(site))
    _insert_of.cache_clear()

    insert_row(batch_of(site))

    assert ReadingBatch.objects.count() == 2


def test_a_connection_that_is_lost_is_told_as_django_tells_it() -> None:
    site = make_site()
    insert_row(batch_of(site))
    [(server_process,)] = in_sql("SELECT pg_backend_pid()")
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [server_process])
    other.close()

    with pytest.raises(OperationalError):
        insert_row(batch_of(site))

    drop_lost()
    insert_row(batch_of(site))
    assert ReadingBatch.objects.count() == 2
