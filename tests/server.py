"""The server of production, on the test's database and stores."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.disturbed.workers import ROOT, test_database_url

STARTS_WITHIN = 30.0  # Seconds


@contextmanager
def granian(directory: Path) -> Iterator[str]:
    """Yields its URL. Its log lies in `directory`. Needs a test with real transactions."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"DATABASE_URL": test_database_url(), "DJANGO_SETTINGS_MODULE": "config.settings"}
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    # One thread, so that requests are worked off in the order of their arrival.
    options += ["--workers", "1", "--blocking-threads", "1"]
    with (directory / "granian.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "granian", *options, "config.wsgi:application"],
            env=os.environ | own,
            stdout=log,
            stderr=log,
            cwd=ROOT,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    with httpx.Client() as client:
        while time.monotonic() < deadline:
            try:
                client.get(f"{url}/api/v1/ping")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
    raise TimeoutError(url)
