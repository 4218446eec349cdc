"""What a benchmark prints, and how it watches memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.figures import Figure
from benchmarks.load import CONNECTIONS, Client
from benchmarks.memory import taken


def test_a_figure_stands_beside_its_baseline() -> None:
    figure = Figure(123_456.7, "readings/s", "≥ 10 × baseline", 6_172.8, "naive", {"errors": 0})

    assert figure.as_json() == {
        "value": 123_457,
        "unit": "readings/s",
        "baseline": 6_173,
        "baseline_is": "naive",
        "ratio": 20.0,
        "goal": "≥ 10 × baseline",
        "errors": 0,
    }


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells only on Linux")
def test_the_memory_of_children_is_counted_and_shared_pages_once() -> None:
    alone = taken(os.getpid())
    ballast = "b = bytearray(50_000_000); print(flush=True); input()"
    command = [sys.executable, "-c", ballast]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        together = taken(os.getpid())
        child.communicate(b"\n")

    assert 45 < together - alone < 100


BODIES = [b"%d" % number for number in range(40)]


class Refusing(BaseHTTPRequestHandler):
    """Takes what ends in an even digit."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.wait()
        self.send_response(202 if int(body) % 2 == 0 else 503)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def wait(self) -> None:
        """Before the answer."""

    def log_message(self, format: str, *args: object) -> None:
        pass


class RefusingTogether(Refusing):
    """Answers when as many have asked as there are connections."""

    together = threading.Barrier(CONNECTIONS, timeout=10)

    def wait(self) -> None:
        self.together.wait()


@contextmanager
def serving(handler: type[Refusing]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_load_counts_each_post_and_each_refusal() -> None:
    with serving(Refusing) as url:
        outcome = Client(url, "key").saturate(BODIES, connections=4)

    assert len(outcome.seconds) == 40
    assert outcome.errors == ["503 b'ok'"] * 20


def test_posts_are_offered_whatever_became_of_those_before() -> None:
    with serving(RefusingTogether) as url:
        outcome = Client(url, "key").offer(BODIES, rate=1000.0)

    assert len(outcome.seconds) == 40
    assert outcome.errors == ["503 b'ok'"] * 20
