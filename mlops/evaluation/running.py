"""Run evaluations one after another and keep what each said."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from mlops.evaluation.base import DataMissingError, Evaluation, Result

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one evaluation: a result, or why there is none."""

    name: str
    seconds: float
    result: Result | None = None
    missing: str = ""
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        if self.result is None:
            return {"error": self.error} if self.error else {"missing": self.missing}
        said = asdict(self.result)
        said["plots"] = [str(plot) for plot in self.result.plots]
        return {**said, "seconds": round(self.seconds, 1)}


def run(
    evaluations: Mapping[str, Evaluation], names: Sequence[str], data: Path, plots: Path | None
) -> Iterator[Outcome]:
    """The named evaluations on the sets under `data`, in the order of the names.

    On one thread, so that costs can be compared, and because a small fit spread over busy
    processors takes many times as long.
    """
    for name in names:
        began = time.perf_counter()
        try:
            with threadpool_limits(1):
                result = evaluations[name](data, plots)
        except DataMissingError as exc:
            yield Outcome(name, time.perf_counter() - began, missing=str(exc))
        except Exception as exc:
            # The others took minutes and are not to be lost with it.
            logger.exception("the evaluation of %s failed", name)
            yield Outcome(name, time.perf_counter() - began, error=f"{type(exc).__name__}: {exc}")
        else:
            yield Outcome(name, time.perf_counter() - began, result)
