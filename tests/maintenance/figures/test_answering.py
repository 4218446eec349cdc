"""From rows to figures: which rows count, and how many queries it takes."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from maintenance.figures import fetching
from maintenance.figures.answering import figures_of
from maintenance.figures.capacity import capacity_of
from maintenance.figures.catalogue import CATALOGUE, WHY
from maintenance.figures.question import FiguresError, Question
from maintenance.models import CostAssumption
from sensors.models import AssetType
from tests.factories import NOON, make_anomaly, make_asset, make_life, make_sensor, make_site
from tests.maintenance.figures.plant import (
    DAY,
    HOUR,
    make_downtime,
    make_labour,
    make_order,
    make_part,
    make_technician,
)
from tests.maintenance.scheduling.crews import make_calendar

pytestmark = pytest.mark.django_db

MOST_QUERIES = 11


def ask(*sites: Any, asset: Any = None, **fields: Any) -> Any:
    """The ten days from noon on, seen from their end."""
    defaults = {"start": NOON, "end": NOON + 10 * DAY, "as_of": NOON + 10 * DAY}
    ids = tuple(site.pk for site in sites)
    return figures_of(Question(ids, asset=asset.pk if asset else None, **defaults | fields))


def values(figures: Any) -> dict[str, float | None]:
    return {name: figure.value for name, figure in figures.items()}


def test_of_nothing_every_figure_says_why_or_nought(site) -> None:
    found = ask(site)

    assert list(found) == list(CATALOGUE)
    for figure in found.values():
        assert (figure.value is None) == bool(figure.why)
        assert figure.why in ("", *WHY)
        assert not figure.value


def test_rows_become_figures(site) -> None:
    pump = make_sensor(site=site).asset
    make_technician(site)
    make_technician(site, is_active=False)
    make_downtime(pump, 24, started_at=NOON + DAY)
    make_downtime(pump, 24, started_at=NOON + 5 * DAY)
    order = make_order(
        pump,
        ("completed", NOON + 6 * DAY),
        completed_at=NOON + 6 * DAY,
        started_at=NOON + 5 * DAY,
    )
    make_labour(order, 3, started_at=NOON + 5 * DAY)
    make_part(order)
    make_order(pump, ("approved", NOON), planned_duration=20 * HOUR)
    make_anomaly(
        pump.sensors.get(),
        detected_at=NOON + 4 * DAY,
        started_at=NOON + 4 * DAY,
        last_seen_at=NOON + 4 * DAY,
        acknowledged_at=NOON + 4 * DAY + HOUR,
        verdict="confirmed",
        work_order=order,
    )

    found = values(ask(site))

    assert found["mtbf"] == (240 - 48) / 2
    assert found["mttr"] == 24
    assert found["availability"] == pytest.approx(0.8)
    assert found["repair_time"] == 3
    assert found["backlog"] == 0.5  # Twenty hours, one technician of forty
    assert found["reaction_acknowledged"] == 1
    assert found["reaction_started"] == 24
    assert found["alarm_rate"] == pytest.approx(1 / 240)
    assert found["detector_precision"] == 1
    assert found["forewarning"] == 24
    assert found["maintenance_cost"] == 190
    assert found["cost_avoided"] is None


def test_another_site_does_not_count(site) -> None:
    other = make_sensor(site=make_site())
    make_technician(other.site)
    make_downtime(other.asset)
    make_life(other.asset, NOON - DAY, ended_at=NOON + DAY)
    make_anomaly(other, detected_at=NOON, verdict="confirmed")
    order = make_order(other.asset, ("completed", NOON), completed_at=NOON, due_at=NOON)
    make_labour(order)
    make_part(order)
    CostAssumption.objects.create(site=other.site, cost_per_hour=1, hours=1)

    assert values(ask(site)) == values(ask())
    assert all(not figure.rows for figure in ask(site).values())


def test_an_asset_is_asked_about_with_its_parts_and_no_more(site) -> None:
    line = make_asset(site=site)
    pump = make_sensor(asset=make_asset(site=site, parent=line))
    motor = make_sensor(asset=make_asset(site=site, parent=pump.asset))
    other = make_sensor(asset=make_asset(site=site, parent=line))
    for sensor in (pump, motor, other):
        make_anomaly(sensor, detected_at=NOON)
    make_downtime(line, 24, is_planned=True, reason="preventive")
    make_downtime(other.asset, 48)

    found = ask(site, asset=pump.asset)

    assert found["alarm_rate"].n == 2
    # The line stood, and both of the two with it.
    assert found["availability"].details["down_hours"] == 48
    assert found["mtbf"].n == 0


def test_what_happened_after_the_moment_of_asking_has_not_happened(site) -> None:
    sensor = make_sensor(site=site)
    order = make_order(
        sensor.asset,
        ("approved", NOON + DAY),
        ("completed", NOON + 3 * DAY),
        completed_at=NOON + 3 * DAY,
        started_at=NOON + 2 * DAY,
        planned_duration=5 * HOUR,
    )
    make_anomaly(
        sensor,
        detected_at=NOON,
        acknowledged_at=NOON + 3 * DAY,
        verdict="confirmed",
        verdict_at=NOON + 3 * DAY,
        work_order=order,
    )
    make_technician(site)
    make_downtime(sensor.asset, 100, started_at=NOON + 4 * DAY)

    then = ask(site, as_of=NOON + 2.5 * DAY)
    later = ask(site)

    assert then["backlog"].details == {
        "hours": 5,
        "approved_hours": 5,
        "weekly_hours": 40,
        "technicians": 1,
    }
    assert later["backlog"].value == 0
    assert then["reaction_acknowledged"].why == "no_reaction"
    assert then["reaction_started"].value == 48
    assert then["detector_precision"].value is None
    assert later["detector_precision"].value == 1
    assert then["availability"].value == 1
    assert then["availability"].details["asset_hours"] == 60


def test_the_backlog_is_that_of_the_end_of_the_interval(site) -> None:
    asset = make_asset(site=site)
    make_order(asset, ("approved", NOON), planned_duration=HOUR)
    make_order(asset, ("completed", NOON + 12 * DAY), planned_duration=2 * HOUR)
    make_order(asset, ("cancelled", NOON + 5 * DAY), planned_duration=4 * HOUR)
    make_order(asset, planned_duration=8 * HOUR, opened_at=NOON + 11 * DAY)
    reopened = [("completed", NOON + DAY), ("in_progress", NOON + 11 * DAY)]
    make_order(asset, *reopened, planned_duration=16 * HOUR)

    details = ask(site, as_of=NOON + 30 * DAY)["backlog"].details

    assert (details["hours"], details["approved_hours"]) == (3, 1)


def test_hands_are_counted_by_the_shifts_that_they_have(site) -> None:
    make_technician(site, capacity_percent=50)
    own = make_calendar(site, is_default=False)
    make_technician(site, calendar=own, capacity_percent=80)
    make_technician(site, calendar=own, is_active=False)
    assert capacity_of([site.pk]) == (2, 40 + 5 * 7.5 * 0.8)

    night = {"starts": time(22), "ends": time(6), "break_starts": None, "break_ends": None}
    make_calendar(site, days=[6], shift=night)
    assert capacity_of([site.pk]) == (2, 8 * 0.5 + 5 * 7.5 * 0.8)


def test_what_only_holds_others_together_has_no_hours_of_its_own(site) -> None:
    line = make_asset(site=site)
    make_asset(site=site, parent=line)
    make_sensor(asset=make_asset(site=site, parent=line))
    make_asset(site=site, tag="UNASSIGNED")

    assert ask(site)["availability"].n == 2


def test_the_assumption_of_the_type_goes_before_that_of_all(site) -> None:
    pumps = AssetType.objects.create(code="pump", name="Pump")
    of_pump = make_sensor(asset=make_asset(site=site, type=pumps))
    make_anomaly(of_pump, detected_at=NOON, verdict="confirmed")
    make_anomaly(make_sensor(site=site), detected_at=NOON, verdict="confirmed")
    usual = CostAssumption.objects.create(site=site, cost_per_hour=10, hours=2)
    CostAssumption.objects.create(
        site=site, asset_type=pumps, cost_per_hour=1_000, hours=8, share_failing="0.25"
    )

    usual.refresh_from_db()

    found = ask(site)["cost_avoided"]

    assert found.value == 2_010
    assert len(found.assumptions) == 2
    assert usual.in_words("EUR") in found.assumptions
    assert (
        f"{site.name}, Pump: an hour of unplanned downtime costs 1000.00 EUR, "
        "a failure takes 8 h, and 25 % of confirmed anomalies would have become one."
    ) in found.assumptions


def test_preventive_orders_are_held_against_their_due_dates(site) -> None:
    asset = make_asset(site=site)
    for due, done in ((1, 1), (2, 8), (3, None)):
        make_order(
            asset,
            origin="preventive",
            due_at=NOON + due * DAY,
            completed_at=None if done is None else NOON + done * DAY,
        )
    make_order(asset, scheduled_end=NOON + DAY, completed_at=NOON + DAY, due_at=NOON)

    found = ask(site)

    assert found["pm_compliance"].value == pytest.approx(1 / 3)
    assert found["schedule_compliance"].value == 1


def test_queries_do_not_grow_with_the_rows(site) -> None:
    def fill() -> None:
        sensor = make_sensor(site=site)
        make_technician(site)
        order = make_order(sensor.asset, ("completed", NOON + DAY), completed_at=NOON + DAY)
        make_labour(order)
        make_part(order)
        make_downtime(sensor.asset)
        make_life(sensor.asset, NOON - DAY, ended_at=NOON + DAY)
        make_anomaly(sensor, detected_at=NOON, verdict="confirmed", work_order=order)

    fill()
    with CaptureQueriesContext(connection) as few:
        ask(site)
    for _ in range(4):
        fill()
    with CaptureQueriesContext(connection) as many:
        ask(site)

    assert len(many) == len(few) <= MOST_QUERIES


def test_an_interval_may_not_be_too_long() -> None:
    with pytest.raises(FiguresError) as refused:
        Question.about((), start=NOON, end=NOON + 367 * DAY, as_of=NOON)

    assert (refused.value.code, refused.value.limit) == ("interval_too_long", 366)


def test_more_rows_than_can_be_gone_through_are_refused(site, monkeypatch) -> None:
    monkeypatch.setattr(fetching, "MOST_ROWS", 2)
    sensor = make_sensor(site=site)
    kinds = ("high_limit", "low_limit", "deviation")
    for kind in kinds:
        make_anomaly(sensor, kind=kind, detected_at=NOON)

    with pytest.raises(FiguresError) as refused:
        ask(site)

    assert refused.value.code == "too_many_rows"
