"""A pytest plugin: servers of the tests' own, started before Django reads its settings."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from config.embedded import EmbeddedServers
from tests import migrated

_servers: list[EmbeddedServers] = []
_builders: list[subprocess.Popen[bytes]] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # The first process started the servers; each worker has databases of its own.
        number = int(worker.removeprefix("gw"))
        os.environ["CELERY_BROKER_URL"] = f"{os.environ['TEST_BROKER']}{2 * number + 2}"
        os.environ["CACHE_URL"] = f"{os.environ['TEST_CACHE']}{2 * number + 3}"
        return
    # Tests start some hundred processes, each of which would compile all modules anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    directory = tempfile.TemporaryDirectory(prefix="smart-maintenance-tests-")
    early_config.add_cleanup(directory.cleanup)
    servers = EmbeddedServers(Path(directory.name)).__enter__()
    _servers.append(servers)
    environment = servers.environment()
    os.environ |= environment
    os.environ["TEST_BROKER"] = environment["CELERY_BROKER_URL"].removesuffix("0")
    os.environ["TEST_CACHE"] = environment["CACHE_URL"].removesuffix("1")
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        # Test data need not survive a power cut.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    if getattr(early_config.known_args_namespace, "numprocesses", None):
        _builders.append(migrated.begin())


def pytest_unconfigure(config: pytest.Config) -> None:
    while _builders:
        builder = _builders.pop()
        builder.terminate()
        builder.wait()
    while _servers:
        _servers.pop().__exit__()
