"""`makemigrations --check`, and all migrations there and back, on a database of its own."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection

from config.embedded import EmbeddedServers
from tests.timescale.server import NoTimescaleError, timescale

OURS = ("agents_", "maintenance_", "mlops_", "sensors_")


def main() -> None:
    with database() as url:
        os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        django.setup()
        call_command("makemigrations", check=True, dry_run=True)
        call_command("migrate", verbosity=0)
        # Everything hangs on the plant: all apps are taken back with it.
        call_command("migrate", "sensors", "zero", verbosity=0)
        left = [name for name in connection.introspection.table_names() if name.startswith(OURS)]
        if left:
            sys.exit(f"Taken back, and yet there: {', '.join(left)}")
        call_command("migrate", verbosity=0)
        connection.close()


@contextmanager
def database() -> Iterator[str]:
    """A TimescaleDB, which has more to take back; plain PostgreSQL where that cannot be had."""
    try:
        with timescale() as url:
            yield url
    except NoTimescaleError as exc:
        if os.environ.get("REQUIRE_TIMESCALE") == "1":
            sys.exit(str(exc))
        with (
            tempfile.TemporaryDirectory(prefix="smart-maintenance-") as directory,
            EmbeddedServers(Path(directory)) as servers,
        ):
            yield servers.environment()["DATABASE_URL"]


if __name__ == "__main__":
    main()
