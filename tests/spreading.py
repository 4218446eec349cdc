"""A pytest plugin: which tests a process runs together, where several share the work."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

# What one process does alone, for its servers take long to start.
TOGETHER = ("tests/timescale/", "tests/browser/")
# What needs no tables, for these are not there yet; then what takes longest, so that no
# process is left with it at the end.
FIRST = ("tests/mlops/contract/", *TOGETHER, "tests/disturbed/")


class ByFile(LoadScopeScheduling):
    """Tests of one file stay together, and so do what they prepare once for all."""

    def _split_scope(self, nodeid: str) -> str:
        room = next((room for room in TOGETHER if nodeid.startswith(room)), None)
        return room or nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    found = (turn for turn, room in enumerate(FIRST) if item.nodeid.startswith(room))
    return next(found, len(FIRST))
