from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents.apps import SESSION

SAYS = """
import os
from types import SimpleNamespace
from agents import apps
from tests.agents.test_stand_back import of_session
apps.settings = SimpleNamespace(WORKER_NICENESS=7)
apps.stand_back()
print(os.nice(0), *of_session())
"""


def of_session() -> list[str]:
    """The niceness of this session; none where Linux does not weigh it (no file, or empty)."""
    return SESSION.read_text().split()[-1:] if SESSION.exists() else []


@pytest.mark.parametrize("leads", [True, False], ids=["leads its session", "shares a session"])
def test_a_worker_stands_back_and_takes_no_other_with_it(leads: bool) -> None:
    before = os.nice(0)
    told = subprocess.run(
        [sys.executable, "-c", SAYS],
        start_new_session=leads,
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    nice, *session = told.stdout.split()
    assert int(nice) == before + 7
    if leads:
        assert session in ([nice], [])
    else:
        assert session == of_session()
