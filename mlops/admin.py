"""What detectors have learnt and were tried on, and what is ahead."""

from __future__ import annotations

from mlops import admin_backtests as _admin_backtests  # noqa: F401, registers its pages
from mlops import admin_learning as _admin_learning  # noqa: F401, registers its page
from mlops import admin_prognosis as _admin_prognosis  # noqa: F401, registers its panels
from mlops import admin_versions as _admin_versions  # noqa: F401, registers its pages
