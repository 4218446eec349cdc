from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from mlops.learning.progress import all_progress_of
from mlops.models import GateLevels, SensorState
from sensors.api.answers import json_answer
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.models import Sensor


class SensorDetectorsView(Endpoint):
    """What watches a sensor, and how much of what it needs it has learnt."""

    def get(self, request: Request, pk: int) -> HttpResponseBase:
        visible = Sensor.objects.visible_to(principal(request)).select_related(
            "gate", "shape_look"
        )
        sensor = get_object_or_404(visible, pk=pk)
        state = SensorState.objects.filter(sensor=sensor).first()
        return json_answer(
            {
                "sensor_id": sensor.code,
                "until": state.until if state else None,
                "usual_silence_seconds": _seconds(state),
                "gate": _gate(sensor),
                "detectors": [
                    {
                        "kind": found.kind,
                        "detector": found.detector,
                        "phase": found.phase,
                        "learnt": found.learnt,
                        "needed": found.needed,
                        "note": found.note,
                    }
                    for found in all_progress_of(sensor, state)
                ],
            }
        )


def _seconds(state: SensorState | None) -> float | None:
    usual = state.usual_silence if state else None
    return None if usual is None else usual.total_seconds()


def _gate(sensor: Sensor) -> dict[str, Any] | None:
    """What tells whether the machine runs; without levels it counts as running."""
    if sensor.gate is None:
        return None
    on = off = sensor.runs_above
    if on is None:
        levels = GateLevels.objects.filter(sensor=sensor.gate_id).first()
        on, off = (levels.on, levels.off) if levels else (None, None)
    return {
        "sensor_id": sensor.gate.code,
        "starts_above": on,
        "stops_below": off,
        "is_learnt": sensor.runs_above is None and on is not None,
    }
