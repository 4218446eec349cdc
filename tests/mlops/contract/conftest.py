from __future__ import annotations

import numpy as np
import pytest

from mlops.detectors.base import Block
from tests.mlops.contract.cases import CASES, Case


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def block(case: Case) -> Block:
    """Ordinary data with a fault at its end and some readings missing."""
    block = case.fault(case.ordinary(case.rows, case.columns))
    block.values[np.random.default_rng(3).random(block.values.shape) < 0.05] = np.nan
    return block
