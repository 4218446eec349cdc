from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from maintenance.refusals import RefusedError


@contextmanager
def warned(request: HttpRequest) -> Iterator[None]:
    """What the rules refuse becomes a warning on the next page."""
    try:
        yield
    except RefusedError as exc:
        messages.warning(request, exc.detail)
