"""Database connections that stay open between requests and between tasks."""

from __future__ import annotations

import select

from django.db import connections


def drop_lost(**kwargs: object) -> None:
    """Close connections that the server has closed; the next query opens a new one.

    A server that goes away ends its side of the socket. An idle socket has nothing to
    read otherwise, so this is known without asking the server, as Django's health check
    would with a query of its own.
    """
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not connection.in_atomic_block:
            lost = connection.connection.closed or _has_news(connection.connection.fileno())
            if lost:
                connection.close()


def _has_news(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor)
    return any(events & ~select.POLLOUT for _, events in poll.poll(0))
