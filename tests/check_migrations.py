"""`makemigrations --check`, and all migrations there and back, on databases of its own."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection

from config.embedded import EmbeddedServers
from tests.databases import connection_to, leading_to
from tests.timescale.server import NoTimescaleError, timescale

OURS = ("agents_", "maintenance_", "mlops_", "sensors_")


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="smart-maintenance-") as directory,
        EmbeddedServers(Path(directory)) as servers,
    ):
        os.environ |= servers.environment()
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        django.setup()
        call_command("makemigrations", check=True, dry_run=True)
        try:
            with timescale() as url, leading_to(connection_to(url)):
                go_there_and_back()
                connection.close()
        except NoTimescaleError as exc:
            if os.environ.get("REQUIRE_TIMESCALE") == "1":
                sys.exit(str(exc))
            go_there_and_back()
            connection.close()


def go_there_and_back() -> None:
    call_command("migrate", verbosity=0)
    # Everything hangs on the plant: all apps are taken back with it.
    call_command("migrate", "sensors", "zero", verbosity=0)
    left = [name for name in connection.introspection.table_names() if name.startswith(OURS)]
    if left:
        sys.exit(f"Taken back, and yet there: {', '.join(left)}")
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    main()
