"""`python -m benchmarks.alone NAME [SIZE]`: one benchmark on servers of its own.

Without web server and worker: what it measures it calls itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from config.embedded import EmbeddedServers


def main(name: str, size: str = "") -> None:
    with (
        tempfile.TemporaryDirectory(prefix="smart-maintenance-bench-") as directory,
        EmbeddedServers(Path(directory)) as servers,
    ):
        environment = os.environ | servers.environment()
        environment |= {"SECRET_KEY": "bench" * 12, "LOG_LEVEL": "WARNING"}
        environment |= {"ALLOWED_HOSTS": "testserver"}
        environment |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
        command = [sys.executable, "-m", "benchmarks.one", name, size]
        subprocess.run(command, check=True, env=environment)


if __name__ == "__main__":
    main(*sys.argv[1:])
