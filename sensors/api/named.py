"""Rows of short lists, as bodies name them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class NamedField(serializers.SlugRelatedField[Any]):
    """Like its parent, but what no text of PostgreSQL can hold is the name of no row."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        if "\x00" in data:
            self.fail("does_not_exist", slug_name=self.slug_field, value=data)
        return super().to_internal_value(data)
