"""Detectors of the contract, run over blocks and parts of blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlops.detectors.base import Block, Detector, Scope, Scores, State
from tests.mlops.contract.cases import Case

CLOSE: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9, "equal_nan": True}
FIELDS = ("score", "expected", "low", "high", "channel", "contributions")


def series_of(case: Case) -> int:
    return case.columns if case.kind.scope is Scope.SENSOR else 1


def run(case: Case, block: Block, detector: Detector | None = None) -> tuple[Scores, State]:
    detector = detector or case.fitted
    series = block.columns if case.kind.scope is Scope.SENSOR else 1
    return detector.score(block, detector.begin(series))


def rows_of(block: Block, rows: slice | np.ndarray) -> Block:
    return Block(block.micros[rows], block.values[rows])


def column_of(block: Block, n: int) -> Block:
    return Block(block.micros[:, [min(n, block.micros.shape[1] - 1)]], block.values[:, [n]])


def assert_same(one: Scores, other: Scores, rows: slice | np.ndarray = np.s_[:]) -> None:
    for name in FIELDS:
        left, right = getattr(one, name), getattr(other, name)
        assert (left is None) == (right is None)
        if left is not None:
            np.testing.assert_allclose(left[rows], right, err_msg=name, **CLOSE)


def in_pieces(case: Case, block: Block, cuts: list[int]) -> tuple[Scores, State]:
    """The block, scored in pieces."""
    detector = case.fitted
    state = detector.begin(series_of(case))
    said = []
    for begin, end in zip([0, *cuts], [*cuts, block.rows], strict=True):
        scores, state = detector.score(rows_of(block, np.s_[begin:end]), state)
        said.append(scores)
    joined = {
        name: np.concatenate([getattr(scores, name) for scores in said])
        for name in FIELDS
        if getattr(said[0], name) is not None
    }
    return Scores(**joined), state
