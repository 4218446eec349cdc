from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("THING", raising=False)
    monkeypatch.delenv("THING_FILE", raising=False)
    return monkeypatch


def test_text_is_read_or_defaulted(given: pytest.MonkeyPatch) -> None:
    assert env.text("THING", "else") == "else"

    given.setenv("THING", "something")

    assert env.text("THING", "else") == "something"


@pytest.mark.parametrize("value", [None, ""])
def test_text_without_default_must_be_set(given: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        given.setenv("THING", value)

    with pytest.raises(ImproperlyConfigured, match="THING must be set"):
        env.text("THING")


@pytest.mark.parametrize(("value", "expected"), [("True", True), ("False", False), ("", True)])
def test_a_flag_is_true_or_false(given: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    given.setenv("THING", value)

    assert env.flag("THING", True) is expected


@pytest.mark.parametrize("value", ["true", "yes", "1", "0", " True"])
def test_a_flag_of_another_spelling_stops_the_start(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("THING", value)

    with pytest.raises(ImproperlyConfigured, match="THING must be True or False"):
        env.flag("THING", False)


def test_numbers_are_read(given: pytest.MonkeyPatch) -> None:
    given.setenv("THING", "12")

    assert env.number("THING", 1) == 12
    assert env.decimal("THING", 1) == 12.0


def test_numbers_have_defaults(given: pytest.MonkeyPatch) -> None:
    given.setenv("THING", "")

    assert env.number("THING", 7) == 7
    assert env.decimal("THING", 0.5) == 0.5


@pytest.mark.parametrize("value", ["ten", "1.5", "1e3"])
def test_a_number_that_is_none_stops_the_start(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("THING", value)

    with pytest.raises(ImproperlyConfigured, match="THING must be a whole number"):
        env.number("THING", 1)


def test_a_decimal_that_is_none_stops_the_start(given: pytest.MonkeyPatch) -> None:
    given.setenv("THING", "half")

    with pytest.raises(ImproperlyConfigured, match="THING must be a number"):
        env.decimal("THING", 1)


@pytest.mark.parametrize(
    ("value", "items"), [("", []), (" , ", []), ("a", ["a"]), ("a, b,,c ", ["a", "b", "c"])]
)
def test_a_list_is_split_at_commas(
    given: pytest.MonkeyPatch, value: str, items: list[str]
) -> None:
    given.setenv("THING", value)

    assert env.csv("THING") == items


def test_a_secret_comes_from_a_file_first(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    given.setenv("THING", "from the environment")
    assert env.secret("THING") == "from the environment"

    given.setenv("THING_FILE", str(tmp_path / "secret"))

    assert env.secret("THING") == "from the file"


def test_a_secret_file_that_is_missing_stops_the_start(
    given: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given.setenv("THING", "not used")
    given.setenv("THING_FILE", str(tmp_path / "nothing"))

    with pytest.raises(ImproperlyConfigured, match="Cannot read THING_FILE"):
        env.secret("THING")


def test_production_does_not_start_without_a_secret_key() -> None:
    environment = {"PATH": "", "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", "import django; django.setup()"]

    started = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert started.returncode != 0
    assert "SECRET_KEY must be set" in started.stderr


@pytest.mark.parametrize("value", ["", "600/m", "100/10s", "1/d"])
def test_a_rate_is_so_many_in_a_time(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("THING", value)

    assert env.rate("THING") == value


@pytest.mark.parametrize("value", ["600 per minute", "600/min", "0/m", "600/0s", "m", "/s"])
def test_any_other_rate_stops_the_start(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("THING", value)

    with pytest.raises(ImproperlyConfigured, match="THING must be such as"):
        env.rate("THING")


def test_the_example_names_all_that_an_operator_may_set() -> None:
    settings = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', settings))
    shown = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert read - shown == {"DEMO", "DEMO_ADMIN_PASSWORD", "NOTIFY_SECRET_"}
    # Of docker-compose.yml, and one of any number of secrets.
    assert shown - read == {"POSTGRES_PASSWORD", "NOTIFY_SECRET_OPS"}


def test_secrets_are_read_by_their_prefix(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "slack").write_text("https://hooks.example.org/x\n")
    given.setenv("THING_OPS", "whsec_abc")
    given.setenv("THING_SLACK_FILE", str(tmp_path / "slack"))
    given.setenv("THING_EMPTY", "")
    given.setenv("THING_", "nameless")

    found = env.secrets("THING_")

    assert found == {"OPS": "whsec_abc", "SLACK": "https://hooks.example.org/x"}
