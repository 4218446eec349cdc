"""A request for a report is kept once, worked off once, and may be made again if it failed."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.storage import default_storage

from maintenance.models import Report
from maintenance.refusals import NotAllowedError, RefusedError
from maintenance.reports import asking
from maintenance.reports.asking import ask, carry_out
from maintenance.reports.composing import compose
from maintenance.reports.document import Document
from maintenance.reports.forms import FORMS
from sensors.access import Principal, Right
from sensors.models import Site
from tests.factories import NOON, make_asset, make_site
from tests.maintenance.figures.plant import DAY
from tests.maintenance.reports.made import UNTIL, make_month, make_report, written
from tests.races import race

pytestmark = pytest.mark.django_db


def reader(site: Site) -> Principal:
    return Principal("erika", {site.pk: frozenset({Right.READ})})


def request(site: Site, **fields: Any) -> tuple[Report, bool]:
    defaults = {"start": NOON, "end": UNTIL, "as_of": UNTIL, "by": reader(site)}
    kind, asset = fields.pop("kind", "maintenance_overview"), fields.pop("asset", None)
    return ask(kind, site, asset, **defaults | fields)


def test_it_is_kept_once_however_often_it_is_asked_for(site) -> None:
    first, is_new = request(site)
    second, again = request(site)
    carry_out(first.pk)
    files = written(first)
    carry_out(first.pk)

    assert (first.pk, is_new, again) == (second.pk, True, False)
    assert Report.objects.count() == 1
    assert written(first) == files


def test_the_digest_is_of_what_it_says(site) -> None:
    make_month(site)
    reports = [request(site, as_of=UNTIL + n * DAY)[0] for n in range(2)]
    for report in reports:
        carry_out(report.pk)
        report.refresh_from_db()

    assert len({report.digest for report in reports}) == 2  # Each says as of when.
    assert len(reports[0].digest) == 64


def test_what_goes_wrong_is_kept_with_the_report_and_can_be_asked_for_again(site) -> None:
    report, _ = request(site)
    with (
        patch.object(asking, "compose", side_effect=ZeroDivisionError("broken")),
        pytest.raises(ZeroDivisionError),
    ):
        carry_out(report.pk)
    report.refresh_from_db()
    assert (report.status, report.error) == ("failed", "ZeroDivisionError: broken")

    again, is_new = request(site)
    carry_out(again.pk)

    again.refresh_from_db()
    assert (again.pk, is_new, again.status, again.error) == (report.pk, False, "done", "")


def test_one_that_was_given_up_meanwhile_is_left_alone(site) -> None:
    report, _ = request(site)

    def given_up(*args: Any) -> Document:
        Report.objects.close_failed(report.pk, "lost")
        return compose(*args)

    with patch.object(asking, "compose", given_up):
        carry_out(report.pk)

    report.refresh_from_db()
    assert (report.status, report.error) == ("failed", "lost")


def test_progress_is_written_down_as_it_is_made(site) -> None:
    report, _ = request(site)
    told = []

    def noted(pk: int, percent: int) -> bool:
        told.append(percent)
        return True

    with patch.object(type(Report.objects), "progress", staticmethod(noted), create=True):
        carry_out(report.pk)

    assert told == sorted(told)
    assert told[-1] == 80


def test_who_may_not_read_at_the_site_asks_in_vain(site) -> None:
    with pytest.raises(NotAllowedError):
        request(site, by=reader(make_site()))
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"kind": "asset_history"}, "asset_missing"), ({"asset": "other"}, "other_site")],
)
def test_a_request_that_makes_no_sense_is_refused(site, fields, code) -> None:
    if "asset" in fields:
        fields = {"asset": make_asset()}
    with pytest.raises(RefusedError) as refused:
        request(site, **fields)

    assert refused.value.code == code


def test_a_site_has_so_many_in_the_making_and_no_more(site) -> None:
    with patch("agents.receivers.send_report"):
        for n in range(asking.MOST_UNFINISHED):
            request(site, as_of=UNTIL + n * DAY)
        with pytest.raises(RefusedError) as refused:
            request(site, as_of=UNTIL + 100 * DAY)

    assert refused.value.code == "too_many_unfinished"


def test_files_go_to_the_storage_of_the_project(site) -> None:
    report, _ = request(site)
    carry_out(report.pk)

    for file in report.files.all():
        assert default_storage.exists(file.file.name)
        assert default_storage.size(file.file.name) == file.size


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_for_the_same_at_once_have_one_report() -> None:
    site = make_site()

    with patch("agents.receivers.send_report"):
        asked = race(lambda: request(site), lambda: request(site))

    assert {report.pk for report, _ in asked} == {Report.objects.get().pk}
    assert sorted(is_new for _, is_new in asked) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_a_report_once() -> None:
    report = make_report(make_site())

    race(lambda: carry_out(report.pk), lambda: carry_out(report.pk))

    report.refresh_from_db()
    assert report.status == "done"
    assert report.files.count() == len(FORMS)
