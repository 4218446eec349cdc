from __future__ import annotations

from datetime import UTC, datetime
from unittest.mock import patch

import pytest

from agents.report import make_monthly_reports, resume_stalled_reports
from maintenance.models import Report
from maintenance.reports.monthly import KINDS
from tests.factories import NOON, make_site
from tests.maintenance.figures.plant import DAY, HOUR
from tests.maintenance.reports.made import make_report

pytestmark = pytest.mark.django_db


def at(moment: datetime):
    return patch("django.utils.timezone.now", return_value=moment)


def test_each_site_has_the_reports_of_a_month_once(site) -> None:
    make_site(time_zone="Australia/Sydney")

    for hour in (0, 1, 30):
        with at(datetime(2026, 7, 1, 14, tzinfo=UTC) + hour * HOUR):
            make_monthly_reports()

    assert Report.objects.count() == 2 * len(KINDS)
    here = Report.objects.filter(site=site).first()
    assert here is not None
    assert (here.start, here.end) == (
        datetime(2026, 6, 1, tzinfo=UTC),
        datetime(2026, 7, 1, tzinfo=UTC),
    )
    assert here.as_of == here.end
    assert here.asked_by == ""


def test_they_are_made_after_the_commit(site, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        make_monthly_reports()

    assert set(Report.objects.values_list("status", flat=True)) == {"done"}


def test_what_was_forgotten_is_sent_on_and_what_was_lost_is_given_up(site) -> None:
    forgotten = make_report(site, updated_at=NOON)
    lost = make_report(site, updated_at=NOON, status="running", as_of=NOON)
    fresh = make_report(site, updated_at=NOON + DAY, as_of=NOON + HOUR)

    with at(NOON + DAY), patch("agents.report.send") as send:
        resume_stalled_reports()
        resume_stalled_reports()

    lost.refresh_from_db()
    assert lost.status == "failed"
    assert [call.args for call in send.call_args_list] == [(forgotten.pk,)]
    assert fresh.pk
