"""Moments as the admin shows them: the same everywhere, on a clock of 24 hours, in UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.contrib import admin
from django.db.models import DateTimeField, Model
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

NOTHING = "–"
FULL, SHORT, SHORT_WITH_SECONDS = "%Y-%m-%d %H:%M:%S UTC", "%m-%d %H:%M", "%m-%d %H:%M:%S"


def shown(moment: datetime | None, form: str = FULL) -> str:
    """A moment in words; in a short form the whole of it shows under the mouse."""
    if moment is None:
        return NOTHING
    moment = moment.astimezone(UTC)
    if form == FULL:
        return f"{moment:{FULL}}"
    return format_html('<time title="{}">{}</time>', f"{moment:{FULL}}", f"{moment:{form}}")


@cache
def column(model: type[Model], name: str, form: str) -> Callable[[Model], str]:
    """How a list or a page shows the field `name`."""
    words = str(getattr(model._meta.get_field(name), "verbose_name", name))

    @admin.display(description=words.removesuffix(" at"), ordering=name)
    def moment(row: Model) -> str:
        return shown(getattr(row, name), form)

    moment.__name__ = name
    return moment


def in_words(model: type[Model], names: Iterable[Any], form: str) -> list[Any]:
    """The names of columns, with those of moments replaced by columns that show them."""
    moments = {f.name for f in model._meta.get_fields() if isinstance(f, DateTimeField)}
    return [column(model, name, form) if name in moments else name for name in names]


class ClearTimes(admin.ModelAdmin):
    """Shows moments clearly in lists and, where they cannot be edited, on pages."""

    time_in_lists = SHORT

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return in_words(self.model, super().get_list_display(request), self.time_in_lists)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"]
        closed = [name for name in form.readonly_fields if isinstance(name, str)]
        words = dict(zip(closed, in_words(self.model, closed, FULL), strict=True))
        form.readonly_fields = [*form.readonly_fields, *words.values()]
        form.fieldsets = [
            (title, options | {"fields": _replaced(options["fields"], words)})
            for title, options in form.fieldsets
        ]
        return super().render_change_form(request, context, *args, **kwargs)


def _replaced(names: Iterable[Any], words: dict[str, Any]) -> list[Any]:
    """Fields of a page; those in one line are a sequence of their own."""
    return [
        words.get(name, name) if isinstance(name, str) else _replaced(name, words)
        for name in names
    ]
