from __future__ import annotations

from mlops.models.backtests import Backtest
from mlops.models.states import AssetState, SensorCheckpoint, SensorState
from mlops.models.versions import ModelVersion

__all__ = ["AssetState", "Backtest", "ModelVersion", "SensorCheckpoint", "SensorState"]
