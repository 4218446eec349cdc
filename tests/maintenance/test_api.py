from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from maintenance.models import Severity
from sensors.models import Site
from tests.factories import make_anomaly, make_sensor

pytestmark = pytest.mark.django_db

URL = "/api/v1/anomalies"


@pytest.mark.parametrize("name", ["severity", "severity_worst"])
def test_a_severity_is_asked_for_by_the_word_it_is_answered_with(
    gateway: APIClient, site: Site, name: str
) -> None:
    for severity in Severity:
        make_anomaly(make_sensor(site=site), **{name: severity})

    found = {
        word: [row[name] for row in gateway.get(URL, {name: word}).json()["results"]]
        for word in ("low", "medium", "high", "critical")
    }

    assert found == {word: [word] for word in found}


def test_an_unknown_severity_is_a_problem(gateway: APIClient) -> None:
    answer = gateway.get(URL, {"severity": "3"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "severity"
