"""Lead Django's own connection elsewhere for a while, and empty tables the quick way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dj_database_url
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.utils import load_backend

ALIAS = "default"
# Tables without a model, which Django does not know of.
OURS = {"sensors_hourly_kept", "sensors_hourly_changed"}
# What Django would put back at once, the same as it was.
ALWAYS_THERE = {"django_content_type", "auth_permission"}
# The codes of all types of assets are laid down with the tables.
LAID_DOWN = {"maintenance_failurecode": "asset_type_id IS NULL"}


def connection_to(url: str) -> BaseDatabaseWrapper:
    fields = connections.configure_settings({ALIAS: dj_database_url.parse(url)})[ALIAS]
    return load_backend(fields["ENGINE"]).DatabaseWrapper(fields, ALIAS)


@contextmanager
def leading_to(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """All queries of this thread go over `connection`."""
    before, connections[ALIAS] = connections[ALIAS], connection
    # What Django remembers of the other database's rows.
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        ContentType.objects.clear_cache()
        connections[ALIAS] = before


def emptied(
    operations: DatabaseOperations, style: Any, tables: Sequence[str], **options: Any
) -> list[str]:
    """Statements that empty the tables, in the place of Django's own.

    Those truncate, which writes a new file for each of a hundred tables. Nearly all of them
    are empty, and deleting from these costs nothing. It is done as a replica does it, without
    a look at what refers to what.
    """
    names = {table: operations.quote_name(table) for table in {*tables, *OURS} - ALWAYS_THERE}
    return [
        "SET session_replication_role = replica",
        *(f"DELETE FROM {name}" for table, name in names.items() if table not in LAID_DOWN),
        *(f"DELETE FROM {names[table]} WHERE NOT {kept}" for table, kept in LAID_DOWN.items()),
        "SET session_replication_role = DEFAULT",
    ]
