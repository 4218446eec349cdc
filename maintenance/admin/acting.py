from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest

from maintenance.refusals import RefusedError

# Each row is locked and told of by itself.
MOST_AT_ONCE = 200


@contextmanager
def warned(request: HttpRequest) -> Iterator[None]:
    """What the rules refuse becomes a warning on the next page."""
    try:
        yield
    except RefusedError as exc:
        messages.warning(request, exc.detail)


def done_to_each(
    request: HttpRequest, rows: QuerySet, do: Callable[[int], object]
) -> list[int]:
    """Do it to each of the chosen rows, as far as the rules let it be done. Says to which."""
    pks = list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if len(pks) > MOST_AT_ONCE:
        messages.error(request, f"At most {MOST_AT_ONCE} at a time.")
        return []
    done = []
    for pk in pks:
        with warned(request):
            do(pk)
            done.append(pk)
    return done
