"""Insert one row with a statement that the server has prepared once.

The ORM takes several times as long to compose an INSERT as PostgreSQL to carry it out, and
the driver's cursor as long again to hand it over. That is nothing in a form, and most of
the time of a posted reading, so here the values go to libpq as they are.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any
from weakref import WeakSet

from django.db import connection, models
from psycopg import Connection, OperationalError, errors, pq

# How a parameter is written for libpq. What is text there ends at its first NUL. In the
# binary form a string is the same with its length beside it, and PostgreSQL refuses a NUL.
TEXT, BINARY = 0, 1


def insert_row(row: models.Model) -> None:
    """As row.save(force_insert=True), but for signals: nobody should wait for those.

    Its values have to be of the types that its columns have. Raises what Django raises.
    """
    if connection.in_atomic_block:
        # The driver begins a transaction with the first statement that it hears of.
        row.save(force_insert=True)
        return
    connection.ensure_connection()
    with connection.wrap_database_errors:
        row.pk = _insert_of(type(row)).carry_out(connection.connection, row)
    row._state.adding, row._state.db = False, connection.alias


@cache
def _insert_of(model: type[models.Model]) -> Insert:
    return Insert(model)


class Insert:
    """The statement for the rows of a model, and on which connections it is known."""

    def __init__(self, model: type[models.Model]) -> None:
        meta = model._meta
        fields = [field for field in meta.local_concrete_fields if not field.primary_key]
        columns = ", ".join(f'"{field.column}"' for field in fields)
        places = ", ".join(f"${number}" for number, _ in enumerate(fields, 1))
        into = f'INSERT INTO "{meta.db_table}" ({columns}) VALUES ({places})'
        self._statement = f'{into} RETURNING "{meta.pk.column}"'.encode()
        # The same name is the same statement, whichever process prepared it.
        self._name = b"insert_%x" % zlib.crc32(self._statement)
        self._values = attrgetter(*(field.attname for field in fields))
        written = [_written(field) for field in fields]
        self._writers = [write for write, _ in written]
        self._forms = [form for _, form in written]
        self._known_to: WeakSet[Connection[Any]] = WeakSet()

    def carry_out(self, driver: Connection[Any], row: models.Model) -> int:
        """The key of the new row. Raises what the driver raises."""
        values = zip(self._writers, self._values(row), strict=True)
        parameters: list[Any] = [None if v is None else write(v) for write, v in values]
        libpq = driver.pgconn
        if driver not in self._known_to:
            prepared = libpq.prepare(self._name, self._statement)
            if _state(prepared) != PREPARED_BEFORE:
                _checked(libpq, prepared)
            self._known_to.add(driver)
        result = libpq.exec_prepared(self._name, parameters, self._forms)
        if _state(result) == NOT_PREPARED:
            result = libpq.exec_params(self._statement, parameters, None, self._forms)
        return int(_checked(libpq, result).get_value(0, 0) or 0)


# What is said behind a pooler that leads each transaction to another of its connections:
# duplicate_prepared_statement and invalid_sql_statement_name.
PREPARED_BEFORE, NOT_PREPARED = b"42P05", b"26000"
DONE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


def _state(result: pq.abc.PGresult) -> bytes | None:
    return result.error_field(pq.DiagnosticField.SQLSTATE)


def _checked(libpq: pq.abc.PGconn, result: pq.abc.PGresult) -> pq.abc.PGresult:
    if result.status in DONE:
        return result
    if libpq.status == pq.ConnStatus.BAD:
        raise OperationalError(result.get_error_message())
    raise errors.error_from_result(result)


def _written(field: models.Field[Any, Any]) -> tuple[Callable[[Any], bytes], int]:
    """What makes a parameter of a value of the field, and the form in which it does."""
    match field:
        case models.BinaryField():
            return bytes, BINARY
        case models.CharField() | models.TextField():
            # A choice would be sent by its name if it were formatted.
            return lambda value: str(value).encode(), BINARY
        case models.JSONField():
            return lambda value: json.dumps(value).encode(), TEXT
        case models.DateTimeField():
            return lambda value: value.isoformat().encode(), TEXT
        case models.BooleanField():
            return lambda value: b"t" if value else b"f", TEXT
        case models.IntegerField() | models.ForeignKey():
            return lambda value: b"%d" % value, TEXT
    raise TypeError(f"no way to insert {field}")
