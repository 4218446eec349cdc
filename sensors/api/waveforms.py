"""The waveforms behind the readings of a sensor."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from rest_framework import generics
from rest_framework.request import Request

from sensors.api.answers import json_answer
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.pagination import NewestMoments
from sensors.api.serializers import StoredWaveformSerializer
from sensors.models import Sensor, StoredWaveform
from sensors.vibration.features import amplitude_spectrum
from sensors.vibration.thinning import strongest_lines
from sensors.vibration.waveform import Samples
from sensors.waveforms.looking import Look, look_at

MOST_LINES = 2_000


class WaveformListView(Endpoint, generics.ListAPIView[StoredWaveform]):
    serializer_class = StoredWaveformSerializer
    pagination_class = NewestMoments
    filter_backends = []

    def get_queryset(self) -> QuerySet[StoredWaveform]:
        visible = Sensor.objects.visible_to(principal(self.request))
        sensor = get_object_or_404(visible, pk=self.kwargs["pk"])
        return StoredWaveform.objects.filter(sensor=sensor).light()


class WaveformView(Endpoint):
    def get(self, request: Request, pk: int, waveform: int) -> HttpResponseBase:
        visible = StoredWaveform.objects.visible_to(principal(request)).select_related("sensor")
        stored = get_object_or_404(visible, pk=waveform, sensor=pk)
        return json_answer(_about(stored) | _seen(look_at(stored)))


def _about(stored: StoredWaveform) -> dict[str, Any]:
    samples = stored.array().tolist()
    return {
        "id": stored.pk,
        "sensor_id": stored.sensor.code,
        "timestamp": stored.taken_at,
        "sampling_rate": stored.sampling_rate,
        "unit": stored.unit,
        "count": len(samples),
        "samples": samples,
    }


def _seen(look: Look) -> dict[str, Any]:
    envelope = look.envelope
    return {
        "features": {n: {"value": v, "unit": unit} for n, (v, unit) in look.features.items()},
        "shaft_hz": look.around.shaft_hz,
        "frequencies": look.around.frequencies,
        "severity": _severity(look),
        "spectrum": _lines(*amplitude_spectrum(look.waveform)),
        "envelope_spectrum": (
            _lines(envelope.frequencies, envelope.amplitudes) if envelope else None
        ),
    }


def _severity(look: Look) -> dict[str, str] | None:
    if look.severity is None:
        return None
    preset, zone = look.severity
    return {"preset": preset.name, "zone": zone.name, "meaning": zone.value}


def _lines(frequencies: Samples, amplitudes: Samples) -> dict[str, list[float]]:
    kept = strongest_lines(frequencies, amplitudes, MOST_LINES)
    return {"frequencies": kept[0].tolist(), "amplitudes": kept[1].tolist()}
