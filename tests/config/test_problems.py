from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


def test_a_database_that_is_away_is_said_so(gateway: APIClient) -> None:
    def away(*args: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(away):
        answer = gateway.post(
            "/api/v1/data/ingest", {"sensor_id": "TEMP_001", "value": 25.5}, format="json"
        )

    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"] == "5"
    assert answer.json()["code"] == "store_unavailable"
