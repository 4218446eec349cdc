"""`makemigrations --check` on a database of its own."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

from config.embedded import EmbeddedServers


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="smart-maintenance-") as directory,
        EmbeddedServers(Path(directory)) as servers,
    ):
        os.environ |= servers.environment()
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        django.setup()
        call_command("makemigrations", check=True, dry_run=True)


if __name__ == "__main__":
    sys.exit(main())
