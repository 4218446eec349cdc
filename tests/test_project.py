"""Rules about the code itself, kept by the test run instead of by memory."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["agents", "benchmarks", "config", "maintenance", "mlops", "sensors", "tests"]
MODULES = [p for room in ROOMS for p in (ROOT / room).rglob("*.py") if "migrations" not in p.parts]
PRODUCT = [p for p in MODULES if p.relative_to(ROOT).parts[0] not in ("tests", "benchmarks")]
# These may be imported where they are used: tens of MB in each process.
HEAVY = {"httpx", "icalendar", "reportlab", "scipy", "sklearn"}
NOT_AT_ONCE = ["httpx", "icalendar", "reportlab", "scipy.signal", "scipy.stats", "sklearn"]
EMPTY_WORDS = {"services", "selectors", "utils", "helpers", "common", "managers", "core", "logic"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def test_modules_fit_on_a_few_screens() -> None:
    assert [named(m) for m in MODULES if len(m.read_text().splitlines()) > 300] == []


def test_functions_fit_on_a_screen() -> None:
    long = [
        f"{named(module)}: {function.name}"
        for module in PRODUCT
        for function in functions(module)
        if (function.end_lineno or 0) - function.lineno >= 45
    ]
    assert long == []


def imported(node: ast.AST) -> str:
    """The first part of what a statement imports, empty if it imports nothing."""
    if isinstance(node, ast.ImportFrom):
        return (node.module or ".").split(".")[0]
    return node.names[0].name.split(".")[0] if isinstance(node, ast.Import) else ""


def test_imports_stand_at_the_top() -> None:
    hidden = [
        f"{named(module)}: {function.name}"
        for module in PRODUCT
        for function in functions(module)
        if function.name != "ready"
        for node in ast.walk(function)
        if imported(node) not in {"", *HEAVY}
    ]
    assert hidden == []


def test_no_process_takes_heavy_libraries_along_that_it_may_not_need() -> None:
    code = f"""
import sys, django
django.setup()
from celery_app import app
app.loader.import_default_modules()
import config.urls
print([name for name in {NOT_AT_ONCE} if name in sys.modules])
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert told.stdout == "[]\n", told.stderr


def test_files_are_named_for_what_they_do() -> None:
    assert [named(module) for module in PRODUCT if module.stem in EMPTY_WORDS] == []


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_imports_point_downwards() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml")) == EXIT_STATUS_SUCCESS


def test_decisions_stand_newest_first() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text()
    days = [line.split()[1] for line in text.splitlines() if line.startswith("## ")]

    assert days == sorted(days, reverse=True)
