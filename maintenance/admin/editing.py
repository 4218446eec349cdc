"""Editing a row that the software may write to while somebody has its page open."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.text import Truncator

NOT_KNOWN = "What this page showed is not known any more. Open it again and change it there."
OVERTAKEN = (
    "This has become “{now}” while you had the page open, so it was not overwritten. "
    "Open the page again and change it there."
)
LONGEST_VALUE = 80

# By the name of a field, what it holds.
Texts = dict[str, str | None]


class Lines(forms.CharField):
    """Text as it is stored: browsers send each line with a carriage return."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"strip": False})

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if text else text


class AsShown(forms.ModelForm):
    """Takes for changed what differs from what the person saw, not from what is there now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = {name: self._text(name) for name in self.fields}
        self.seen: Texts | None = self.now
        if self.is_bound and self.instance.pk:
            self.seen = self._sent_back()
            self.initial.update(self._values(self.seen or {}))

    @property
    def shown(self) -> str:
        """For a hidden input. It stays what it was when the form comes back with errors."""
        return json.dumps(self.seen) if self.instance.pk else ""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.seen is None:
            raise ValidationError(NOT_KNOWN)
        if self.instance.pk:
            for name in self.changed_data:
                if self.now[name] != self.seen[name]:
                    now = Truncator(self.now[name] or "").chars(LONGEST_VALUE)
                    self.add_error(name, OVERTAKEN.format(now=now))
        return cleaned

    def _column(self, name: str) -> models.Field:
        return self._meta.model._meta.get_field(name)

    def _text(self, name: str) -> str | None:
        """What is stored, as text; of nothing there is none."""
        column = self._column(name)
        is_empty = column.value_from_object(self.instance) is None
        return None if is_empty else column.value_to_string(self.instance)

    def _values(self, texts: Texts) -> dict[str, Any]:
        return {
            name: None if text is None else self._column(name).to_python(text)
            for name, text in texts.items()
        }

    def _sent_back(self) -> Texts | None:
        """What the hidden input says; None if it is not one that was given out."""
        try:
            seen = json.loads(self.data.get("shown", ""))
            if not isinstance(seen, dict) or seen.keys() != self.now.keys():
                return None
            self._values(seen)
        except (ValueError, TypeError, ValidationError):
            return None
        return seen


class EditedWhileItChanges(admin.ModelAdmin):
    """Saves only what the person changed, and nothing over what changed meanwhile."""

    form = AsShown
    formfield_overrides = {
        models.TextField: {"form_class": Lines, "widget": AdminTextareaWidget},
    }

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        row = super().get_object(request, *args, **kwargs)
        if row and request.method == "POST" and transaction.get_connection().in_atomic_block:
            locked = self.model._default_manager.select_for_update(no_key=True)
            row.refresh_from_db(from_queryset=locked)
        return row

    def save_model(self, request: HttpRequest, obj: Any, form: AsShown, change: bool) -> None:
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            super().save_model(request, obj, form, change)
