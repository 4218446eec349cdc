"""Lead Django's own connection elsewhere for a while, with all of the project on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dj_database_url
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

ALIAS = "default"


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
