"""Clients that send over kept-open connections and measure. Little work between posts,
so that it is the server that is measured; http.client and not httpx for that reason."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np

CONNECTIONS = 8
PIECE = 16 * 1024


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
        lines = [f"Host: {parts.netloc}", *(f"{k}: {v}" for k, v in headers.items())]
        self._headers = "\r\n".join(lines)
        self._head = f"{method} {path} HTTP/1.1\r\n{self._headers}\r\n".encode()

    def fileno(self) -> int:
        return self._socket.fileno()

    def post(self, body: bytes) -> None:
        head = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._socket.sendall(self._head + head + body)

    def error(self) -> str:
        """Wait for the answer. Empty if it was 2xx, else what it said."""
        status, text = self._answer()
        return "" if status < 300 else f"{status} {text[:200]!r}"

    def get(self, path: str) -> bytes:
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{self._headers}\r\n\r\n".encode())
        status, text = self._answer()
        if status != 200:
            raise RuntimeError(f"{path}: {status} {text[:200]!r}")
        return text

    def _answer(self) -> tuple[int, bytes]:
        came = self._more()
        while (end := came.find(b"\r\n\r\n")) < 0:
            came += self._more()
        status, head, text = int(came[9:12]), came[:end].lower() + b"\r\n", came[end + 4 :]
        if status == 204:
            return status, b""
        _, found, length = head.partition(b"\r\ncontent-length:")
        if not found:
            raise RuntimeError("an answer without a length")
        pieces, missing = [text], int(length[: length.index(b"\r\n")]) - len(text)
        while missing > 0:
            pieces.append(self._more())
            missing -= len(pieces[-1])
        return status, b"".join(pieces)

    def _more(self) -> bytes:
        if piece := self._socket.recv(PIECE):
            return piece
        raise RuntimeError("the server has hung up")

    def close(self) -> None:
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
        outcome, lock = Outcome(), threading.Lock()
        began = time.perf_counter()

        def run(first: int) -> None:
            seconds, errors = [], []
            with self.connected() as connection:
                for body in bodies[first::connections]:
                    since = time.perf_counter()
                    connection.post(body)
                    error = connection.error()
                    seconds.append(time.perf_counter() - since)
                    errors += [error] if error else []
            with lock:
                outcome.seconds += seconds
                outcome.errors += errors

        with ThreadPoolExecutor(connections) as pool:
            list(pool.map(run, range(connections)))
        outcome.lasted = time.perf_counter() - began
        return outcome

    def offer(self, bodies: Sequence[bytes], *, rate: float) -> Outcome:
        """Post at an even pace whatever the answers do.

        A post counts from the moment at which it was due, so that waiting behind a slow
        one is part of its time. One thread does it all: several would wait for each other,
        and that would count as well.
        """
        outcome = Outcome()
        with ExitStack() as opened:
            free = deque(opened.enter_context(self.connected()) for _ in range(CONNECTIONS))
            busy: dict[Connection, float] = {}
            began = time.perf_counter() + 0.05
            posted = 0
            while posted < len(bodies) or busy:
                due = began + posted / rate if posted < len(bodies) and free else None
                wait = None if due is None else max(due - time.perf_counter(), 0)
                for connection in select.select(busy, [], [], wait)[0]:
                    error = connection.error()
                    outcome.seconds.append(time.perf_counter() - busy.pop(connection))
                    outcome.errors += [error] if error else []
                    free.append(connection)
                if due is not None and time.perf_counter() >= due:
                    connection = free.popleft()
                    connection.post(bodies[posted])
                    busy[connection] = due
                    posted += 1
        outcome.lasted = time.perf_counter() - began
        return outcome
