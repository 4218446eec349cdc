"""Real workers on the test database and broker, started and stopped by the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 40.0  # Seconds until a test gives up on a worker


def test_database_url() -> str:
    """The URL of the database that the test runs on."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


@contextmanager
def worker(
    directory: Path,
    *,
    pool: str = "solo",
    processes: int = 1,
    disturbance: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of all queues. Its log and mails lie in `directory`."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": test_database_url(),
        "STALLED_AFTER_SECONDS": "0",
        "NOTIFY_EMAILS": "planner@example.org",
        # Tests wait for each message.
        "NOTIFY_MOST_MESSAGES": "1000",
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(directory / "mail"),
        "KILLED": str(directory / "killed"),
    }
    command = ["celery", "-A", "tests.disturbed.app", "worker", "-l", "info"]
    command += ["-P", pool, "-c", str(processes), "-Q", "pipeline,notify"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with (directory / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environment | dict(disturbance),
            stdout=log,
            stderr=log,
            # A group of its own, so that it can be killed as a whole.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(done: Callable[[], bool], *, meanwhile: Callable[[], object] = int) -> None:
    """Look again and again until it is done; fail when it takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, "it did not come to an end"
        meanwhile()
        time.sleep(0.1)
