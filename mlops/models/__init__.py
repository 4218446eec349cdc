from __future__ import annotations

from mlops.models.backtests import Backtest
from mlops.models.states import SensorCheckpoint, SensorState
from mlops.models.versions import ModelVersion

__all__ = ["Backtest", "ModelVersion", "SensorCheckpoint", "SensorState"]
