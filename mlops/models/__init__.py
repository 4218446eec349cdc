from __future__ import annotations

from mlops.models.backtests import Backtest
from mlops.models.forecasts import ForecastCover, KeptForecast
from mlops.models.states import (
    AssetState,
    GateLevels,
    SensorCheckpoint,
    SensorState,
    ShapeLook,
)
from mlops.models.versions import ModelVersion

__all__ = [
    "AssetState",
    "Backtest",
    "ForecastCover",
    "GateLevels",
    "KeptForecast",
    "ModelVersion",
    "SensorCheckpoint",
    "SensorState",
    "ShapeLook",
]
