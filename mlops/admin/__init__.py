"""The pages of the admin on what detectors learnt and were tried on, and on what is ahead."""

from __future__ import annotations

from mlops.admin import backtests, learning, prognosis, versions

__all__ = ["backtests", "learning", "prognosis", "versions"]
