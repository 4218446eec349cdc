"""The command that runs evaluations, on evaluations that are small and real."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mlops.evaluation.base import DataMissingError, Result
from mlops.evaluation.catalogue import EVALUATIONS


def counted(data: Path, plots: Path | None) -> Result:
    """How many files there are, of two."""
    files = len(list(data.iterdir()))
    return Result(
        score=files / 2,
        goal="all",
        met=files == 2,
        figures={"score": files / 2, "us_per_reading": 1.5},
        baselines={"none at all": {"score": 0.0}},
        files=files,
        of=2,
        notes=("counted, not weighed",),
    )


def missing(data: Path, plots: Path | None) -> Result:
    raise DataMissingError("no files of this set")


@pytest.fixture(autouse=True)
def evaluations(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(EVALUATIONS):
        monkeypatch.delitem(EVALUATIONS, name)
    monkeypatch.setitem(EVALUATIONS, "counted", counted)
    monkeypatch.setitem(EVALUATIONS, "missing", missing)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "one.csv").write_text("1")
    return folder


def evaluate(data: Path, *options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    plots = str(data.parent / "plots")
    call_command("evaluate", data=data, plots=plots, *options, stdout=out, stderr=err)  # noqa: B026
    return out.getvalue(), err.getvalue()


def test_the_table_has_the_goal_and_the_baselines(data: Path) -> None:
    table, _ = evaluate(data)

    assert "all: missed" in table
    assert "none at all" in table
    assert "1 of 2 files" in table
    assert "counted, not weighed" in table
    assert "no files of this set" in table


def test_the_object_stands_alone_on_standard_output(data: Path) -> None:
    out, err = evaluate(data, "--json")

    said: dict[str, Any] = json.loads(out)
    assert said["counted"]["score"] == 0.5
    assert said["counted"]["baselines"] == {"none at all": {"score": 0.0}}
    assert said["missing"] == {"missing": "no files of this set"}
    assert "all: missed" in err


def test_one_that_fails_leaves_the_others_their_figures(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(data: Path, plots: Path | None) -> Result:
        raise ZeroDivisionError("no rows")

    monkeypatch.setitem(EVALUATIONS, "failing", failing)
    out = StringIO()

    with pytest.raises(CommandError, match="failing failed"):
        call_command(
            "evaluate", data=data, plots=data.parent, json=True, stdout=out, stderr=StringIO()
        )

    said = json.loads(out.getvalue())
    assert said["counted"]["score"] == 0.5
    assert said["failing"] == {"error": "ZeroDivisionError: no rows"}


def test_a_folder_that_is_not_there_is_told() -> None:
    with pytest.raises(CommandError, match="is no folder"):
        call_command("evaluate", data=Path("/nowhere"))
