"""`make demo`: the whole way of the data, live, on a machine where nothing is installed."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import httpx
from django.core.management import call_command
from rich.console import Console
from rich.progress import Progress

from config.demo.processes import DemoError, Processes
from config.demo.story import Story
from config.demo.summary import NOTHING_SEEN, figures, print_summary
from sensors.sample.streaming import Gateway, Plan

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = ROOT / "var"
API_KEY = "dev_api_key_123"


def main() -> int:
    console = Console(highlight=False, soft_wrap=True)
    # Ctrl-C and a polite kill take the same way out, through the context managers. A shell
    # that started the demo in the background had told it to ignore Ctrl-C.
    for asked_to_stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked_to_stop, signal.default_int_handler)
    try:
        port = free_port(os.environ.get("PORT") or "8000")
        with only_one_here(), Processes(VAR / "log") as processes:
            return show(console, processes, port)
    except httpx.HTTPError as exc:
        reason = f"The web server gave no good answer: {exc}. Logs: {VAR / 'log'}"
    except (DemoError, OSError) as exc:
        reason = str(exc)
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 0
    console.print(f"[bold red]{reason}")
    return conclude(NOTHING_SEEN, reason=reason)


def show(console: Console, processes: Processes, port: int) -> int:
    began = time.monotonic()
    story = perform(console, processes, port)
    result = figures(story, url=url_of(port), seconds=time.monotonic() - began)
    print_summary(console, story, result, password=os.environ["DEMO_ADMIN_PASSWORD"])
    missing = ", ".join(story.missing())
    if missing:
        console.print(f"[bold red]Not all was seen: {missing} is missing. Logs: {VAR / 'log'}")
    if not os.environ.get("ONCE"):
        serve(console, processes)
    return conclude(result, reason=missing)


@contextmanager
def only_one_here() -> Iterator[None]:
    """Two demos would share the servers, and the first to end would stop them for both."""
    VAR.mkdir(exist_ok=True)
    with (VAR / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise DemoError("A demo is running here already") from exc
        yield


def serve(console: Console, processes: Processes) -> None:
    console.print("Serving until Ctrl-C.")
    while True:
        processes.check()
        time.sleep(1)


def conclude(result: dict[str, Any], *, reason: str) -> int:
    """The figures as the last line, for programs, and the exit code."""
    if os.environ.get("ONCE"):
        sys.stdout.write(json.dumps(result | {"reason": reason or None}) + "\n")
    return 1 if reason else 0


def perform(console: Console, processes: Processes, port: int) -> Story:
    """Start everything, send a fault through it, and watch until the mail is there."""
    console.print("[bold]Starting[/] PostgreSQL and Valkey")
    os.environ |= processes.start_servers(VAR / "servers")
    os.environ |= settings_for(port)
    write_environment(VAR / "environment")
    django.setup()
    console.print("[bold]Preparing[/] tables and the sample plant")
    call_command("migrate", verbosity=0)
    call_command("seed_plant", demo=True)
    call_command("seed_maintenance")
    start_software(processes, port)
    with Gateway(url_of(port), API_KEY) as gateway:
        wait_for_health(processes, port)
        plan = Plan(asset=healthy_asset(gateway), fault="bearing_wear")
        console.print(f"[bold]Streaming[/] the plant; the bearing of {plan.asset} wears out")
        story = Story(gateway, VAR / "mail", since=datetime.now(UTC), console=console)
        with Progress(console=console, transient=True) as progress:
            bar = progress.add_task("readings", total=1.0)
            for post in gateway.stream(plan):
                story.sent += post.readings
                story.batches.append(post.batch_id)
                progress.update(bar, completed=post.done)
                processes.check()
                story.notice()
        story.wait(processes.check)
    return story


def url_of(port: int) -> str:
    return f"http://localhost:{port}"


def free_port(asked: str) -> int:
    if not asked.isdigit() or not 1 <= int(asked) <= 65535:
        raise DemoError(f"PORT must be a number from 1 to 65535, not {asked!r}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(asked)))
        except OSError as exc:
            raise DemoError(
                f"Port {asked} cannot be used ({exc.strerror}). Choose another: "
                "make demo PORT=8001"
            ) from exc
    return int(asked)


def settings_for(port: int) -> dict[str, str]:
    """The demo's environment. Its secrets are made once and kept in var/."""
    return {
        "DEMO": "True",
        "DEBUG": "False",
        "SECRET_KEY": kept_secret("secret_key"),
        "DEMO_ADMIN_PASSWORD": kept_secret("admin_password", length=9),
        "PUBLIC_URL": url_of(port),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(VAR / "mail"),
        "NOTIFY_EMAILS": "planner@north-plant.example",
    }


def write_environment(file: Path) -> None:
    """What manage.py needs to work on the demo's data, to be read by a shell."""
    names = ["DATABASE_URL", "CELERY_BROKER_URL", "CACHE_URL", *settings_for(0)]
    file.touch(mode=0o600)
    file.write_text("".join(f"export {n}={shlex.quote(os.environ[n])}\n" for n in names))


def kept_secret(name: str, length: int = 50) -> str:
    file = VAR / name
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(length))
    return file.read_text()


def start_software(processes: Processes, port: int) -> None:
    server = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    processes.start(
        "web", [*server, "--workers", "2", "--blocking-threads", "2", "config.wsgi:application"]
    )
    queues = "pipeline,notify,training"
    processes.start(
        "worker", ["celery", "-A", "celery_app", "worker", "-c", "2", "-Q", queues, "-l", "info"]
    )
    schedule = str(VAR / "beat-schedule")
    processes.start("beat", ["celery", "-A", "celery_app", "beat", "-s", schedule])


def wait_for_health(processes: Processes, port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        processes.check()
        try:
            if httpx.get(f"{url_of(port)}/health").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise DemoError(f"The web server did not answer within 30 s, see {VAR / 'log' / 'web.log'}")


def healthy_asset(gateway: Gateway) -> str:
    """The first asset that no open order is about, so that each demo shows a new one."""
    tags = sorted({s["asset"] for s in gateway.get_all("sensors") if s["asset"] != "UNASSIGNED"})
    open_states = {"proposed", "approved", "scheduled", "in_progress", "on_hold"}
    busy = {o["asset"] for o in gateway.get_all("work-orders") if o["state"] in open_states}
    return next((tag for tag in tags if tag not in busy), tags[0])


if __name__ == "__main__":
    sys.exit(main())
