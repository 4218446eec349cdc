"""A whole stack for measuring: embedded servers, web server and worker of its own, and
beside them the naive web server on the same stores."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from config.demo.processes import Processes

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = 60.0  # Seconds


@dataclass(frozen=True, slots=True)
class Stack:
    url: str
    naive_url: str
    pids: dict[str, int] = field(default_factory=dict)


@contextmanager
def stack() -> Iterator[Stack]:
    """The environment of this process leads to the stack's stores from then on."""
    with tempfile.TemporaryDirectory(prefix="smart-maintenance-bench-") as name:
        directory = Path(name)
        with Processes(directory / "log") as processes:
            os.environ |= processes.start_servers(directory / "servers")
            os.environ |= {"SECRET_KEY": "bench" * 12, "LOG_LEVEL": "WARNING"}
            os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
            subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, cwd=ROOT)
            worker = ["celery", "-A", "benchmarks.celery_with_baseline", "worker", "-c", "2"]
            pids = {"worker": processes.start("worker", [*worker, "-Q", "pipeline,notify"])}
            url, pids["web"] = start_server(processes, "web")
            os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.naive.settings"
            naive_url, pids["naive"] = start_server(processes, "naive")
            os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
            for address in (url, naive_url):
                wait_for(address, processes)
            yield Stack(url, naive_url, pids)


def start_server(processes: Processes, name: str) -> tuple[str, int]:
    """A web server as the demo and the compose file start it; its URL and process id."""
    port = free_port()
    server = ["granian", "--interface", "wsgi", "--port", str(port), "--workers", "2"]
    pid = processes.start(name, [*server, "--blocking-threads", "2", "config.wsgi:application"])
    return f"http://127.0.0.1:{port}", pid


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, processes: Processes) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        processes.check()
        try:
            httpx.get(f"{url}/health").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{url} did not answer within {STARTS_WITHIN:.0f} s")
