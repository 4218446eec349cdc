from __future__ import annotations

from mlops.models.states import AssetState, SensorCheckpoint, SensorState
from mlops.models.versions import ModelVersion

__all__ = ["AssetState", "ModelVersion", "SensorCheckpoint", "SensorState"]
