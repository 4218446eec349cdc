"""Rules about the code itself, kept by the test run instead of by memory."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["agents", "benchmarks", "config", "maintenance", "mlops", "sensors", "tests"]
MODULES = [p for room in ROOMS for p in (ROOT / room).rglob("*.py") if "migrations" not in p.parts]
PRODUCT = [p for p in MODULES if p.relative_to(ROOT).parts[0] not in ("tests", "benchmarks")]
# These may be imported where they are used: tens of MB in each process.
HEAVY = {"scipy", "sklearn"}
NOT_AT_ONCE = ["scipy.signal", "scipy.stats", "sklearn"]
EMPTY_WORDS = {"services", "selectors", "utils", "helpers", "common", "managers", "core", "logic"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_modules_fit_on_a_few_screens(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 300


@pytest.mark.parametrize("module", PRODUCT, ids=named)
def test_functions_fit_on_a_screen(module: Path) -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        node.name
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, functions) and (node.end_lineno or 0) - node.lineno >= 45
    ]
    assert not long


def imported(node: ast.AST) -> str:
    """The first part of what a statement imports, empty if it imports nothing."""
    if isinstance(node, ast.ImportFrom):
        return (node.module or ".").split(".")[0]
    return node.names[0].name.split(".")[0] if isinstance(node, ast.Import) else ""


@pytest.mark.parametrize("module", PRODUCT, ids=named)
def test_imports_stand_at_the_top(module: Path) -> None:
    hidden = [
        function.name
        for function in ast.walk(ast.parse(module.read_text()))
        if isinstance(function, ast.FunctionDef) and function.name != "ready"
        for node in ast.walk(function)
        if imported(node) not in {"", *HEAVY}
    ]
    assert not hidden


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


@pytest.mark.parametrize("module", PRODUCT, ids=named)
def test_files_are_named_for_what_they_do(module: Path) -> None:
    assert module.stem not in EMPTY_WORDS


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_imports_point_downwards() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml")) == EXIT_STATUS_SUCCESS


def test_decisions_stand_newest_first() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text()
    days = [line.split()[1] for line in text.splitlines() if line.startswith("## ")]

    assert days == sorted(days, reverse=True)
