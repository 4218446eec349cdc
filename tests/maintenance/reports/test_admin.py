"""Figures and reports in the admin: the same as over the API, and only of the own sites."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from maintenance.figures import fetching
from maintenance.models import CostAssumption, Report
from maintenance.reports.asking import MOST_UNFINISHED, carry_out
from tests.factories import NOON, make_asset, make_member, make_site, make_user
from tests.maintenance.figures.plant import DAY
from tests.maintenance.reports.made import UNTIL, make_month, make_report

pytestmark = pytest.mark.django_db
FIGURES = "/admin/maintenance/report/figures/"
ADD = "/admin/maintenance/report/add/"
REPORTS = ("maintenance.view_report", "maintenance.add_report")
COSTS = [f"maintenance.{verb}_costassumption" for verb in ("add", "view", "change", "delete")]
DAYS = {"first_day": "2026-06-01", "last_day": "2026-06-11"}


@pytest.fixture(autouse=True)
def _ten_days_later():
    with patch("django.utils.timezone.now", return_value=UNTIL):
        yield


@pytest.fixture
def planner(site, client) -> Client:
    client.force_login(make_member(site, *REPORTS, *COSTS))
    return client


def values(page: Any) -> dict[str, str]:
    figures = (figure for part in page.context["sections"] for figure in part["figures"])
    return {figure["title"]: figure["value"] for figure in figures}


def test_the_page_has_the_figures_of_the_api(planner, gateway, site) -> None:
    make_month(site)

    page = planner.get(FIGURES, {"site": site.code} | DAYS)
    interval = {"from": "2026-06-01T00:00Z", "to": "2026-06-12T00:00Z"}
    answer = gateway.get("/api/v1/kpis", {"site": site.code} | interval).json()

    shown = values(page)
    assert set(shown) == {figure["title"] for figure in answer["figures"].values()}
    assert shown["Mean time between failures"] == f"{answer['figures']['mtbf']['value']:,.1f} h"
    assert shown["Maintenance cost"] == "190.00 EUR"


def test_left_out_it_is_the_own_site_of_late(planner, site) -> None:
    make_site(code="a-site")

    page = planner.get(FIGURES)

    assert page.context["form"].cleaned_data["site"] == site
    assert [part["title"] for part in page.context["sections"]][:2] == ["Machines", "Work"]


def test_each_figure_leads_to_its_rows_on_the_page(planner, site) -> None:
    make_month(site)
    page = planner.get(FIGURES, {"site": site.code} | DAYS)
    urls = {f["title"]: f["url"] for p in page.context["sections"] for f in p["figures"]}

    for title in ("Availability", "Backlog", "Maintenance cost", "Precision of detectors"):
        url = urls[title]
        rows = planner.get(FIGURES + url.partition("#")[0]).context["rows"]
        assert rows["shown"]


def test_an_asset_can_be_asked_about(planner, site) -> None:
    pump = make_month(site).asset
    make_month(site)

    both = planner.get(FIGURES, {"site": site.code} | DAYS)
    one = planner.get(FIGURES, {"site": site.code, "asset": pump.tag} | DAYS)

    assert values(both)["Maintenance cost"] == "380.00 EUR"
    assert values(one)["Maintenance cost"] == "190.00 EUR"


@pytest.mark.parametrize(
    "said",
    [
        {"site": "elsewhere"},
        {"asset": "nothing"},
        {"first_day": "yesterday"},
        {"first_day": "2026-07-01"},
        {"first_day": "2020-01-01"},
        {"first_day": "0001-01-01", "last_day": "0001-01-02"},
        {"first_day": "9999-12-30", "last_day": "9999-12-31"},
        {"figure": "nothing"},
        {"asset": "\x00"},
    ],
)
def test_what_makes_no_sense_is_told_on_the_page(planner, site, said) -> None:
    page = planner.get(FIGURES, {"site": site.code} | DAYS | said)

    assert page.status_code == 200
    assert ("sections" in page.context) == ("figure" in said)


def test_too_many_rows_are_told_on_the_page(planner, site, monkeypatch) -> None:
    make_asset(site=site)
    monkeypatch.setattr(fetching, "MOST_ROWS", 0)

    page = planner.get(FIGURES, {"site": site.code} | DAYS)

    assert "More than 0 rows" in page.context["refused"]


def test_figures_are_shown_to_who_may_see_reports(client) -> None:
    client.force_login(make_user(is_staff=True))
    index = client.get("/admin/").content.decode()

    assert client.get(FIGURES).status_code == 403
    assert FIGURES not in index


def test_the_first_page_leads_to_the_figures(planner) -> None:
    assert FIGURES in planner.get("/admin/").content.decode()


def test_a_report_is_asked_for_and_downloaded(
    planner, site, django_capture_on_commit_callbacks
) -> None:
    make_month(site)
    asked = {"kind": "maintenance_overview", "site": site.pk, "asset": ""} | DAYS

    with django_capture_on_commit_callbacks(execute=True):
        answer = planner.post(ADD, asked, follow=True)

    report = Report.objects.get()
    assert answer.redirect_chain == [(f"/admin/maintenance/report/{report.pk}/change/", 302)]
    assert (report.status, report.start.day, report.end.day) == ("done", 1, 12)
    for form in ("html", "pdf", "csv", "json"):
        download = planner.get(reverse("admin:maintenance_report_file", args=[report.pk, form]))
        assert download.headers["Content-Disposition"].startswith("attachment;")
        assert download.headers["X-Content-Type-Options"] == "nosniff"
        assert b"".join(download.streaming_content)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "asset_history"}, "asset"),
        ({"first_day": "2020-01-01"}, "__all__"),
        ({"first_day": "2026-06-12"}, "last_day"),
        ({"first_day": ""}, "first_day"),
    ],
)
def test_a_report_that_cannot_be_made_is_told_in_the_form(planner, site, said, field) -> None:
    asked = {"kind": "maintenance_overview", "site": site.pk, "asset": ""} | DAYS | said

    page = planner.post(ADD, asked)

    assert field in page.context["adminform"].form.errors
    assert not Report.objects.exists()


def test_a_report_of_another_site_cannot_be_asked_for_or_downloaded(planner) -> None:
    other = make_site()
    theirs = make_report(other)
    carry_out(theirs.pk)
    asked = {"kind": "maintenance_overview", "site": other.pk, "asset": ""} | DAYS

    page = planner.post(ADD, asked)
    file = planner.get(reverse("admin:maintenance_report_file", args=[theirs.pk, "pdf"]))

    assert "site" in page.context["adminform"].form.errors
    assert file.status_code == 404
    assert Report.objects.count() == 1


def test_when_enough_reports_wait_it_is_told(planner, site) -> None:
    for n in range(MOST_UNFINISHED):
        make_report(site, as_of=NOON + n * DAY)
    asked = {"kind": "maintenance_overview", "site": site.pk, "asset": ""} | DAYS

    page = planner.post(ADD, asked, follow=True)

    assert "let them end first" in page.content.decode()


def assumption(site: Any, **fields: Any) -> dict[str, Any]:
    usual = {"site": site.pk, "asset_type": "", "cost_per_hour": "900", "hours": "6"}
    return usual | {"share_failing": "0.5", "note": ""} | fields


def test_planners_change_what_a_failure_costs(planner, site) -> None:
    planner.post("/admin/maintenance/costassumption/add/", assumption(site))
    kept = CostAssumption.objects.get()
    page = f"/admin/maintenance/costassumption/{kept.pk}/change/"

    planner.post(page, assumption(make_site(), hours="7"))

    kept.refresh_from_db()
    assert (kept.site, float(kept.hours)) == (site, 7)
    assert kept.changed_by.startswith("user")


@pytest.mark.parametrize("said", [{"share_failing": "2"}, {"hours": "-1"}, {}])
def test_an_assumption_that_cannot_be_is_told_in_the_form(planner, site, said) -> None:
    CostAssumption.objects.create(site=site, cost_per_hour=1, hours=1)

    page = planner.post("/admin/maintenance/costassumption/add/", assumption(site, **said))

    assert page.context["adminform"].form.errors
    assert CostAssumption.objects.count() == 1


def test_who_does_not_plan_at_a_site_changes_no_assumption_there(client, site) -> None:
    kept = CostAssumption.objects.create(site=site, cost_per_hour=1, hours=1)
    client.force_login(make_member(site, *COSTS, role="viewer"))
    page = f"/admin/maintenance/costassumption/{kept.pk}"

    assert client.post(f"{page}/change/", assumption(site)).status_code == 403
    assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/maintenance/costassumption/add/").status_code == 403
