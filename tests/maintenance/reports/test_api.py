from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from kombu.exceptions import OperationalError as BrokerError

from maintenance.models import Report
from maintenance.reports.asking import carry_out
from tests.factories import NOON, make_asset, make_site
from tests.maintenance.figures.plant import DAY
from tests.maintenance.reports.made import UNTIL, make_month, make_report

pytestmark = pytest.mark.django_db
URL = "/api/v1/reports"


def asked(at: Any, **fields: Any) -> dict[str, Any]:
    usual = {"kind": "maintenance_overview", "site": at.code}
    usual |= {"from": NOON.isoformat(), "to": UNTIL.isoformat(), "as_of": UNTIL.isoformat()}
    return {name: value for name, value in (usual | fields).items() if value is not None}


def test_a_report_is_asked_for_made_and_downloaded(
    gateway, site, django_capture_on_commit_callbacks
) -> None:
    make_month(site)

    with django_capture_on_commit_callbacks(execute=True):
        answer = gateway.post(URL, asked(site), format="json")

    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["percent"]) == ("waiting", 0)
    report = gateway.get(answer.headers["Location"]).json()
    assert (report["status"], report["percent"]) == ("done", 100)
    for form, file in report["files"].items():
        download = gateway.get(file["url"])
        content = b"".join(download.streaming_content)
        assert len(content) == file["size"]
        assert download.headers["Content-Disposition"].startswith("attachment; filename=")
        assert download.headers["Content-Disposition"].endswith(f'.{form}"')
        assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert [row["id"] for row in gateway.get(URL).json()["results"]] == [report["id"]]


def test_the_same_request_is_answered_with_the_same_report(
    gateway, site, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = gateway.post(URL, asked(site), format="json")
    second = gateway.post(URL, asked(site), format="json")

    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["id"] == second.json()["id"]


def test_a_report_waits_while_the_broker_is_away(
    gateway, site, django_capture_on_commit_callbacks
) -> None:
    with (
        patch("agents.report.make_report.apply_async", side_effect=BrokerError),
        django_capture_on_commit_callbacks(execute=True),
    ):
        answer = gateway.post(URL, asked(site), format="json")

    assert answer.status_code == 202
    assert Report.objects.get().status == "waiting"


@pytest.mark.parametrize(
    ("said", "status", "code", "field"),
    [
        ({"kind": "poem"}, 400, "invalid", "kind"),
        ({"site": None}, 400, "invalid", "site"),
        ({"from": None}, 400, "invalid", "from"),
        ({"to": NOON.isoformat()}, 400, "invalid", "to"),
        ({"to": "9999-12-31T23:59:59-12:00"}, 400, "invalid", "to"),
        ({"to": "9999-12-31T23:59:59Z"}, 400, "interval_too_long", None),
        ({"kind": "asset_history"}, 400, "invalid", "asset"),
        ({"form": "docx"}, 400, "invalid", "form"),
        ({"asset": "nothing"}, 404, "unknown_asset", None),
        ({"site": "elsewhere"}, 404, "unknown_site", None),
        ({"from": "2020-01-01T00:00Z"}, 400, "interval_too_long", None),
    ],
)
def test_what_cannot_be_made_is_refused(gateway, site, said, status, code, field) -> None:
    answer = gateway.post(URL, asked(site, **said), format="json")

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()
    if field:
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Report.objects.exists()


def test_reports_of_other_sites_are_not_there(gateway) -> None:
    theirs = make_report(make_site())
    carry_out(theirs.pk)

    assert gateway.get(URL).json()["results"] == []
    assert gateway.get(f"{URL}/{theirs.pk}").status_code == 404
    assert gateway.get(f"{URL}/{theirs.pk}/files/pdf").status_code == 404
    assert gateway.post(URL, asked(theirs.site), format="json").status_code == 404


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_a_file_that_is_not_there_is_not_found(gateway, site, form) -> None:
    report = make_report(site)

    answer = gateway.get(f"{URL}/{report.pk}/files/{form}")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_file")


def test_the_list_costs_the_same_for_many(gateway, site, django_assert_max_num_queries) -> None:
    for n in range(5):
        carry_out(make_report(site, as_of=UNTIL + n * DAY, asset=make_asset(site=site)).pk)

    with django_assert_max_num_queries(5):
        assert len(gateway.get(URL).json()["results"]) == 5
