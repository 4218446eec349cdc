"""A mail server that keeps what it is sent, and refuses or hangs as it is told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from types import MappingProxyType

PATIENCE = 20
USUAL = {"EHLO": "250 there", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on"}
USUAL |= {"RSET": "250 ok", "QUIT": "221 bye", ".": "250 kept"}


@dataclass
class MailServer:
    port: int
    mails: list[EmailMessage] = field(default_factory=list)


@contextmanager
def receiving(
    answers: Mapping[str, str] = MappingProxyType({}), *, hangs_at: str = ""
) -> Iterator[MailServer]:
    """A server on a port of its own. `answers` differ from the usual ones, by command; "."
    is the end of a mail."""
    closing = Event()

    class Session(StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline():
                command = line.split(b" ")[0].strip().decode().upper()
                if self.answer(command).startswith("354"):
                    self.take_mail()
                if command == "QUIT":
                    return

        def answer(self, command: str) -> str:
            if command == hangs_at:
                closing.wait(PATIENCE)
            answer = (USUAL | dict(answers)).get(command, "502 what?")
            self.say(answer)
            return answer

        def take_mail(self) -> None:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            if self.answer(".").startswith("250"):
                mail = message_from_bytes(b"".join(lines), policy=policy.default)
                assert isinstance(mail, EmailMessage)
                server.mails.append(mail)

        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Session) as listener:
        server = MailServer(listener.server_address[1])
        thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            closing.set()
            listener.shutdown()
            thread.join()
