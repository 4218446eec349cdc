"""Asking for readings to be scored, and ordinary readings to ask about."""

from __future__ import annotations

from typing import Any

import numpy as np
from rest_framework.test import APIClient

from tests.factories import MINUTE, NOON

URL = "/api/v1/ml/detect"


def ordinary(readings: int, seed: int = 1) -> list[float]:
    return np.random.default_rng(seed).normal(20, 1, readings).clip(16, 24).tolist()


def at(minute: float) -> str:
    return (NOON + minute * MINUTE).isoformat()


def given(*values: float, code: str = "T1", start: float = 0) -> list[dict[str, Any]]:
    """Readings of a sensor from noon on, one a minute."""
    return [
        {"sensor_id": code, "value": value, "timestamp": at(start + n)}
        for n, value in enumerate(values)
    ]


def told(client: APIClient, body: Any, query: str = "") -> dict[str, Any]:
    answer = client.post(URL + query, body, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()
