"""A real TimescaleDB, of the tests' own: an npm build that needs Node and nothing else.

It takes one connection at a time, and its socket does not pass COPY on.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
INSTALLED = HERE / "node_modules" / ".package-lock.json"  # npm writes it last
LOCKED = HERE / "package-lock.json"


class NoTimescaleError(Exception):
    """The server cannot be had on this machine; the message says why."""


@contextmanager
def timescale() -> Iterator[str]:
    """The URL of a server that runs while in the context, with an empty database."""
    node = _found("node")
    _install()
    with (
        tempfile.TemporaryDirectory(prefix="smart-maintenance-timescale-") as directory,
        (Path(directory) / "log").open("w+") as log,
    ):
        server = subprocess.Popen(
            [node, "serve.mjs", f"{directory}/.s.PGSQL.5432"],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        assert server.stdin and server.stdout
        try:
            if server.stdout.readline() != b"ready\n":
                log.seek(0)
                raise NoTimescaleError(f"TimescaleDB did not start: {log.read()[-2000:]}")
            yield f"timescale://postgres:postgres@/template1?host={quote(directory)}"
        finally:
            # It ends with its input, also when this process is killed.
            server.stdin.close()
            server.wait(10)
            server.stdout.close()


def _install() -> None:
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= LOCKED.stat().st_mtime:
        return
    npm = [_found("npm"), "ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(npm, cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = " ".join(done.stderr.split())[:500]
        raise NoTimescaleError(f"TimescaleDB could not be installed with npm: {reason}")


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise NoTimescaleError(f"not installed: {program}, which TimescaleDB's tests run on")
    return path
