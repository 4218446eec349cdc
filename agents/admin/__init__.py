"""The pages of the admin on batches, runs, and what people had done with the quarantine."""

from __future__ import annotations

from agents.admin import batches, curations, runs

__all__ = ["batches", "curations", "runs"]
