"""Lists in bodies."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class BoundedList(serializers.ListField):
    """Counts before it looks: a million members that are wrong are one fault."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        found: list[Any] = super().to_internal_value(data)
        return found
