"""Typed readers for the environment. A value that cannot be read stops the start."""

from __future__ import annotations

import os
import re
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

RATE = re.compile(r"[1-9]\d{0,8}/([1-9]\d{0,4})?[smhd]")


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name) or default
    if value is None:
        raise ImproperlyConfigured(f"{name} must be set")
    return value


def flag(name: str, default: bool) -> bool:
    value = os.environ.get(name) or str(default)
    if value not in ("True", "False"):
        raise ImproperlyConfigured(f"{name} must be True or False, not {value!r}")
    return value == "True"


def number(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    try:
        return int(value)
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from exc


def decimal(name: str, default: float) -> float:
    value = os.environ.get(name) or str(default)
    try:
        return float(value)
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}") from exc


def rate(name: str) -> str:
    """So many in a time, such as 600/m or 100/10s; empty for no limit."""
    value = os.environ.get(name, "")
    if value and not RATE.fullmatch(value):
        raise ImproperlyConfigured(f"{name} must be such as 600/m or 100/10s, not {value!r}")
    return value


def csv(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in (os.environ.get(name) or default).split(",") if item.strip()]


def secret(name: str, default: str | None = None) -> str:
    """Read a secret from the file named by NAME_FILE, else from NAME itself."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as exc:
            raise ImproperlyConfigured(f"Cannot read {name}_FILE ({path})") from exc
    return text(name, default)


def secrets(prefix: str) -> dict[str, str]:
    """All secrets whose names begin with `prefix`, by the rest of the name."""
    names = {name.removesuffix("_FILE") for name in os.environ if name.startswith(prefix)}
    found = {name.removeprefix(prefix): secret(name, "") for name in sorted(names)}
    return {name: value for name, value in found.items() if name and value}
