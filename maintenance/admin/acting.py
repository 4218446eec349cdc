from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from maintenance.refusals import RefusedError
from sensors.admin_parts.pages import url_of_list

# Each row is locked and told of by itself.
MOST_AT_ONCE = 200


@contextmanager
def warned(request: HttpRequest) -> Iterator[None]:
    """What the rules refuse becomes a warning on the next page."""
    try:
        yield
    except RefusedError as exc:
        messages.warning(request, exc.detail)


def done_to_each(request: HttpRequest, rows: QuerySet, do: Callable[[int], object]) -> list[int]:
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


class WarnsOfRefusals(admin.ModelAdmin):
    """For pages that save through functions of the domain: nothing is kept of what is
    refused, and the page says why."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except RefusedError as exc:
            messages.warning(request, exc.detail)
            return HttpResponseRedirect(request.path if object_id else url_of_list(self.model))
