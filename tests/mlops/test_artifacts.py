from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops import artifacts

# Saving takes a lock of the database.
pytestmark = pytest.mark.django_db

ARRAYS = {"means": np.arange(4.0), "lags": np.array([[1, 2], [3, 4]])}


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> Path:
    settings.ARTIFACTS_DIR = str(tmp_path / "artifacts")
    return tmp_path / "artifacts"


def test_what_is_saved_is_loaded_as_it_was() -> None:
    loaded = artifacts.load(artifacts.save(ARRAYS))

    assert loaded.keys() == ARRAYS.keys()
    assert all((loaded[name] == ARRAYS[name]).all() for name in ARRAYS)
    assert all(loaded[name].dtype == ARRAYS[name].dtype for name in ARRAYS)


def test_the_same_arrays_are_the_same_artifact(directory: Path) -> None:
    first = artifacts.save(ARRAYS)
    again = artifacts.save(dict(reversed(ARRAYS.items())))

    assert first == again
    assert len(list(directory.rglob("*.*"))) == 1


def test_other_arrays_are_another_artifact() -> None:
    assert artifacts.save(ARRAYS) != artifacts.save(ARRAYS | {"means": np.arange(5.0)})


@pytest.mark.parametrize("damage", ["changed", "cut short", "a folder above it is gone"])
def test_what_is_damaged_is_put_right_by_saving_it_again(damage: str) -> None:
    digest = artifacts.save(ARRAYS)
    path = artifacts.path_of(digest)
    data = path.read_bytes()
    if damage == "changed":
        path.write_bytes(data[:-1] + b"?")
    if damage == "cut short":
        path.write_bytes(data[:-9])
    if damage == "a folder above it is gone":
        path.unlink()
        path.parent.rmdir()

    artifacts.save(ARRAYS)

    assert path.read_bytes() == data


def test_what_is_whole_is_not_written_again() -> None:
    path = artifacts.path_of(artifacts.save(ARRAYS))
    before = path.stat()

    artifacts.save(ARRAYS)

    assert path.stat().st_ino == before.st_ino


def test_what_is_removed_is_gone_and_may_be_removed_again() -> None:
    digest = artifacts.save(ARRAYS)

    artifacts.remove(digest)
    artifacts.remove(digest)

    with pytest.raises(artifacts.ArtifactMissingError):
        artifacts.load(digest)


def test_a_missing_file_is_told_apart_from_a_damaged_one() -> None:
    digest = artifacts.save(ARRAYS)
    path = artifacts.path_of(digest)
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(artifacts.ArtifactDamagedError, match=digest):
        artifacts.load(digest)
    path.unlink()
    with pytest.raises(artifacts.ArtifactMissingError, match=digest):
        artifacts.load(digest)


def test_a_pickle_is_neither_written_nor_read() -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        artifacts.save({"anything": np.array([object()])})


def test_saving_again_repairs_what_was_damaged() -> None:
    digest = artifacts.save(ARRAYS)
    artifacts.path_of(digest).write_bytes(b"half")

    assert artifacts.save(ARRAYS) == digest
    assert artifacts.load(digest).keys() == ARRAYS.keys()
