from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.test import Client
from django.urls import reverse

from sensors.admin_parts.times import SHORT, shown
from tests.factories import make_anomaly, make_key, make_quarantined, make_work_order

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 11, 22, 23, 26, 6, tzinfo=UTC)
FULLY = "2026-11-22 23:26:06 UTC"


def test_a_moment_is_shown_in_utc_in_full_or_shortly() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5)))

    assert shown(elsewhere) == FULLY
    assert shown(elsewhere, SHORT) == f'<time title="{FULLY}">11-22 23:26</time>'
    assert shown(None) == "–"


def test_lists_pages_and_tables_show_moments_alike(admin_client: Client) -> None:
    order = make_work_order(due_at=MOMENT, opened_at=MOMENT)
    anomaly = make_anomaly(started_at=MOMENT, work_order=order)
    key, _ = make_key(created_at=MOMENT)
    pages = {
        reverse("admin:maintenance_anomaly_changelist"): ">11-22 23:26</time>",
        reverse("admin:maintenance_workorder_changelist"): ">11-22 23:26</time>",
        reverse("admin:maintenance_anomaly_change", args=[anomaly.pk]): FULLY,
        reverse("admin:maintenance_workorder_change", args=[order.pk]): FULLY,
        reverse("admin:sensors_apikey_change", args=[key.pk]): FULLY,
    }

    for url, words in pages.items():
        assert words in admin_client.get(url).content.decode(), url


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("2026-11-22T23:26:06Z", "11-22 23:26:06"),
        ("2026-11-22T23:26:06", "2026-11-22T23:26:06"),
        ("yesterday", "yesterday"),
        (5, "5"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_the_time_of_a_quarantined_reading_is_shown_if_it_is_one(
    sent: object, words: str, admin_client: Client
) -> None:
    make_quarantined(reading={"timestamp": sent})

    page = admin_client.get(reverse("admin:sensors_quarantinedreading_changelist"))

    assert words in page.content.decode()
