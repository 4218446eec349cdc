"""Clients that send over kept-open connections and measure. Little work between posts,
so that it is the server that is measured; http.client and not httpx for that reason."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np

CONNECTIONS = 8


@dataclass(slots=True)
class Outcome:
    """What became of a load: seconds each post took, and the answers that were no 2xx."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lasted: float = 0.0

    def percentile(self, percent: float) -> float:
        return float(np.percentile(self.seconds, percent))

    @property
    def rate(self) -> float:
        """Posts answered with 2xx, per second."""
        return (len(self.seconds) - len(self.errors)) / self.lasted


class Connection:
    """One client: a connection that stays open, and its key. It knows just as much of
    HTTP as our servers answer, so that it takes a tenth of a millisecond for a post."""

    def __init__(self, url: str, method: str, path: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")
        lines = [f"Host: {parts.netloc}", *(f"{k}: {v}" for k, v in headers.items())]
        self._headers = "\r\n".join(lines)
        self._head = f"{method} {path} HTTP/1.1\r\n{self._headers}\r\n".encode()

    def send(self, body: bytes) -> str:
        """Empty if the answer was 2xx, else what it said."""
        head = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._socket.sendall(self._head + head + body)
        status, text = self._answer()
        return "" if status < 300 else f"{status} {text[:200]!r}"

    def get(self, path: str) -> bytes:
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{self._headers}\r\n\r\n".encode())
        status, text = self._answer()
        if status != 200:
            raise RuntimeError(f"{path}: {status} {text[:200]!r}")
        return text

    def _answer(self) -> tuple[int, bytes]:
        status = int(self._answers.readline().split()[1])
        size = -1
        while (line := self._answers.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        if status == 204:
            size = 0
        if size < 0:
            raise RuntimeError("an answer without a length")
        return status, self._answers.read(size)

    def close(self) -> None:
        self._answers.close()
        self._socket.close()


@dataclass(frozen=True, slots=True)
class Client:
    """How to reach an endpoint: opens as many connections as a load asks for."""

    url: str
    key: str
    path: str = "/api/v1/data/ingest"
    method: str = "POST"

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        connection = Connection(self.url, self.method, self.path, {"X-API-Key": self.key})
        try:
            yield connection
        finally:
            connection.close()

    def saturate(self, bodies: Sequence[bytes], *, connections: int = CONNECTIONS) -> Outcome:
        """Post as fast as the answers come, over so many connections."""
        return self._drive(bodies, connections, pause=0.0)

    def offer(self, bodies: Sequence[bytes], *, rate: float) -> Outcome:
        """Post at an even pace whatever the answers do.

        A post counts from the moment at which it was due, so that waiting behind a slow
        one is part of its time.
        """
        return self._drive(bodies, CONNECTIONS, pause=1 / rate)

    def _drive(self, bodies: Sequence[bytes], connections: int, *, pause: float) -> Outcome:
        outcome, lock = Outcome(), threading.Lock()
        began = time.perf_counter() + 0.05

        def run(first: int) -> None:
            seconds, errors = [], []
            with self.connected() as connection:
                for number in range(first, len(bodies), connections):
                    due = began + number * pause
                    if pause and (wait := due - time.perf_counter()) > 0:
                        time.sleep(wait)
                    since = due if pause else time.perf_counter()
                    error = connection.send(bodies[number])
                    seconds.append(time.perf_counter() - since)
                    errors += [error] if error else []
            with lock:
                outcome.seconds += seconds
                outcome.errors += errors

        with ThreadPoolExecutor(connections) as pool:
            list(pool.map(run, range(connections)))
        outcome.lasted = time.perf_counter() - began
        return outcome
