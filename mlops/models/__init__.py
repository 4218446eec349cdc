from __future__ import annotations

from mlops.models.forecasts import ForecastCover, KeptForecast
from mlops.models.states import SensorCheckpoint, SensorState
from mlops.models.versions import ModelVersion

__all__ = ["ForecastCover", "KeptForecast", "ModelVersion", "SensorCheckpoint", "SensorState"]
