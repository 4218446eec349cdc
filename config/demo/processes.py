"""The demo's children: each in a session of its own, with a log file, stopped in order."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

STOP_WITHIN = 15  # Seconds before a child that does not end is killed


class DemoError(Exception):
    """Something that the demo needs did not work; the message says what to do."""


class Processes:
    """Starts children and stops them all at the end, the last one first."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._running: list[tuple[str, subprocess.Popen[str]]] = []

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *exc: object) -> None:
        # An impatient second Ctrl-C must not leave children behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for _, process in reversed(self._running):
            process.terminate()
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start_servers(self, directory: Path) -> dict[str, str]:
        """The embedded servers; returns the environment that leads to them.

        They watch their standard input, so they end even if this process is killed.
        """
        process = self._start("servers", ["config.embedded", str(directory)], pipes=True)
        assert process.stdout is not None
        answer = process.stdout.readline()
        if not answer:
            raise DemoError(f"PostgreSQL or Valkey did not start, see {self._log('servers')}")
        return dict(json.loads(answer))

    def start(self, name: str, arguments: list[str]) -> int:
        """A Python module with its arguments. Returns its process id."""
        return self._start(name, arguments).pid

    def check(self) -> None:
        """Raise DemoError if a child has ended by itself."""
        for name, process in self._running:
            if process.poll() is not None:
                raise DemoError(f"The {name} ended by itself, see {self._log(name)}")

    def _start(
        self, name: str, arguments: list[str], *, pipes: bool = False
    ) -> subprocess.Popen[str]:
        with self._log(name).open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipes else log,
                stderr=log,
                text=True,
                env=os.environ.copy(),
                # Ctrl-C is for the demo alone: it stops its children in the right order.
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        self._running.append((name, process))
        return process

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """Ask Linux to end this child should the demo be killed without a chance to."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
