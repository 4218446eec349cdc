"""A web server that remembers what it was sent, and answers as it is told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

# Longer than any test lets a client wait.
PATIENCE = 20


@dataclass
class Listener:
    url: str
    answer: int
    headers_back: Mapping[str, str]
    body_back: bytes
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def listening(
    answer: int = 204,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    hangs: bool = False,
) -> Iterator[Listener]:
    """Answer every POST on a port of its own with this status, or take it and say nothing."""
    closing = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            listener.bodies.append(self.rfile.read(size))
            listener.headers.append(self.headers)
            listener.paths.append(self.path)
            if hangs:
                closing.wait(PATIENCE)
                return
            self.send_response(listener.answer)
            for name, value in listener.headers_back.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(listener.body_back)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_port}/hook"
        listener = Listener(url, answer, headers or {}, body)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield listener
        finally:
            closing.set()
            server.shutdown()
            thread.join()
