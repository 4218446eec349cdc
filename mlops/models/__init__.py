from __future__ import annotations

from mlops.models.states import GateLevels, SensorCheckpoint, SensorState
from mlops.models.versions import ModelVersion

__all__ = ["GateLevels", "ModelVersion", "SensorCheckpoint", "SensorState"]
