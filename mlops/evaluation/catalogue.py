"""Every evaluation there is, by the name under which its figures are reported."""

from __future__ import annotations

from mlops.evaluation.base import Evaluation

EVALUATIONS: dict[str, Evaluation] = {}
