"""Which request, and which run, is being worked on: so that log lines can say it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

# What a caller may choose: it ends in logs, mails and headers, so nothing exotic.
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
# A run may carry thousands of requests; a log line names the first of them.
NAMED_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Correlation:
    request_ids: tuple[str, ...] = ()
    run_id: int | None = None


NOTHING = Correlation()
_current: ContextVar[Correlation] = ContextVar("correlation", default=NOTHING)


def accepted_or_new(request_id: str) -> str:
    """The caller's request id if it is well formed, else a new one."""
    return request_id if REQUEST_ID.fullmatch(request_id) else str(uuid.uuid4())


@contextmanager
def about(*, request_ids: tuple[str, ...], run_id: int | None = None) -> Iterator[None]:
    """Mark what happens inside as belonging to these requests and this run."""
    token = _current.set(Correlation(request_ids, run_id))
    try:
        yield
    finally:
        _current.reset(token)


def mark(*, request_ids: tuple[str, ...] = (), run_id: int | None = None) -> None:
    """As about(), but until the next mark: for frameworks with a before and an after."""
    _current.set(Correlation(request_ids, run_id))


def request_ids() -> tuple[str, ...]:
    return _current.get().request_ids


def describe() -> str:
    """The current correlation in a few words, `-` when there is none."""
    current = _current.get()
    words = [f"run={current.run_id}"] if current.run_id else []
    if ids := current.request_ids:
        more = f",+{len(ids) - NAMED_AT_MOST}" if len(ids) > NAMED_AT_MOST else ""
        words.append("request=" + ",".join(ids[:NAMED_AT_MOST]) + more)
    return " ".join(words) or "-"
