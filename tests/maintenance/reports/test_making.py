"""From a request to its files: once, the same each time, and with nothing that runs."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch

import pytest

from maintenance.models import CostAssumption, Report
from maintenance.reports.asking import carry_out
from maintenance.reports.composing import compose
from maintenance.reports.forms import FORMS
from maintenance.reports.sections import SECTIONS
from tests.factories import (
    NOON,
    make_anomaly,
    make_asset,
    make_batch,
    make_run,
    make_site,
    make_version,
)
from tests.maintenance.figures.plant import DAY
from tests.maintenance.reports.made import UNTIL, make_month, make_report, written

pytestmark = pytest.mark.django_db
KINDS = list(Report.Kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_is_written_in_every_form(kind, site) -> None:
    sensor = make_month(site)
    report = make_report(site, kind=kind, asset=sensor.asset)

    carry_out(report.pk)

    report.refresh_from_db()
    assert (report.status, report.percent, report.error) == ("done", 100, "")
    files = written(report)
    assert set(files) == set(FORMS)
    assert files["pdf"].startswith(b"%PDF-")
    assert files["html"].startswith(b"<!DOCTYPE html>")
    said = json.loads(files["json"])
    assert [section["title"] for section in said["sections"]]
    assert len(said["sections"]) == len(SECTIONS[Report.Kind(kind)])


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_request_has_the_same_bytes(kind, site) -> None:
    sensor = make_month(site)
    CostAssumption.objects.create(site=site, cost_per_hour=100, hours=2)
    report = make_report(site, kind=kind, asset=sensor.asset)

    with patch("django.utils.timezone.now", return_value=UNTIL + DAY):
        first = {form: one.write(compose(report)) for form, one in FORMS.items()}
    with patch("django.utils.timezone.now", return_value=UNTIL + 400 * DAY):
        second = {form: one.write(compose(report)) for form, one in FORMS.items()}

    assert first == second


def test_rows_decide_what_a_report_says(site) -> None:
    make_month(site)
    report = make_report(site)

    said = FORMS["json"].write(compose(report))
    make_month(site)

    assert FORMS["json"].write(compose(report)) != said


def test_a_report_tells_its_assumptions_in_every_form_that_people_read(site) -> None:
    make_month(site)
    CostAssumption.objects.create(site=site, cost_per_hour=100, hours=2)

    document = compose(make_report(site))

    for form in ("html", "csv", "json"):
        text = FORMS[form].write(document).decode("utf-8")
        assert "an hour of unplanned downtime costs 100.00 EUR" in text


def test_a_spreadsheet_runs_nothing_of_it(site) -> None:
    make_month(site, name='=HYPERLINK("http://evil")')
    sensor = make_month(site)
    for n, reason in enumerate(("=1+1", "+1", "-1", "@SUM(A1)", "\t=1")):
        make_anomaly(sensor, kind=f"k{n}", detected_at=NOON, reason=reason)
    asset = site.assets.order_by("pk")[0]

    for report in (
        make_report(site, kind="anomaly_summary"),
        make_report(site, kind="asset_history", asset=asset),
    ):
        text = FORMS["csv"].write(compose(report)).decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))] == []


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.add(tag)


def test_what_people_wrote_is_text_and_no_markup(site) -> None:
    make_month(site, name="<script>alert(1)</script><img src='file:///etc/passwd'>")
    report = make_report(site, kind="asset_history", asset=site.assets.get())

    document = compose(report)

    tags = Tags()
    tags.feed(FORMS["html"].write(document).decode())
    assert not tags.found & {"script", "img", "link", "iframe"}
    # It would be read from the disk, or not be understood.
    assert FORMS["pdf"].write(document).startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["Насос Ω ≥ 5", "泵", "a" * 100, "", "</b>&amp;"])
def test_any_name_can_be_printed(name, site) -> None:
    make_month(site, name=name)

    assert FORMS["pdf"].write(compose(make_report(site))).startswith(b"%PDF-")


def test_of_nothing_there_is_a_report_as_well(site) -> None:
    for kind in ("anomaly_summary", "maintenance_overview", "system_health"):
        document = compose(make_report(site, kind=kind))
        assert all(one.write(document) for one in FORMS.values())


def test_the_health_of_the_system_is_told_by_those_who_know(site) -> None:
    make_run(make_batch(site))
    make_version(make_asset(site=site))
    elsewhere = make_run(make_batch(make_site()))
    report = make_report(site, kind="system_health", start=NOON - 400 * DAY, end=NOON + 400 * DAY)
    Report.objects.filter(pk=report.pk).update(as_of=NOON + 400 * DAY)
    report.refresh_from_db()

    tables = {t.title: t for s in compose(report).sections for t in s.tables}

    assert dict(tables["Readings"].rows)["batches"] == 1
    assert dict(tables["Through the agents"].rows)["runs"] == 1
    assert tables["Versions on duty"].rows[0][:2] == ("level_and_pattern", 1)
    assert elsewhere.pk


def test_another_site_is_not_in_it(site) -> None:
    make_month(make_site(), name="Elsewhere")
    make_report(site)

    for kind in ("anomaly_summary", "maintenance_overview", "system_health"):
        said = FORMS["json"].write(compose(make_report(site, kind=kind, start=NOON - DAY)))
        assert b"Elsewhere" not in said
