"""A web server that remembers what it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread


@dataclass
class Listener:
    url: str
    answer: int
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)


@contextmanager
def listening(answer: int = 204) -> Iterator[Listener]:
    """Answer every POST on a port of its own with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            listener.bodies.append(self.rfile.read(size))
            listener.headers.append(self.headers)
            self.send_response(listener.answer)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        listener = Listener(f"http://127.0.0.1:{server.server_port}/hook", answer)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()
