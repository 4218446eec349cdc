from __future__ import annotations

import pytest
from django.core.cache import cache
from pytest_django import Settings

from agents import nudge
from tests.disturbed.plant import finished, make_plant, make_uploads, no_run_failed, snapshot

pytestmark = pytest.mark.usefixtures("on_timescale")


def test_uploads_become_readings_anomalies_and_a_work_order(settings: Settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    site = make_plant()
    cache.delete(nudge.FLAG)

    make_uploads(site)

    result = snapshot(site)
    assert finished(site)
    assert no_run_failed()
    assert result["receipts"] == {
        "accepted": 17,
        "stored": 14,
        "duplicates": 1,
        "conflicts": 1,
        "quarantined": 1,
    }
    assert {code for code, *_ in result["anomalies"]} == {"HOT"}
    assert result["orders"] == [("P-1", "proposed", "P1")]
