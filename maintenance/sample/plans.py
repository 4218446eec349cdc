"""Two preventive plans of the sample plant, one by the calendar and one by a meter."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from maintenance.models import ChecklistTemplate, OnFail, Plan, Skill
from maintenance.plans.keeping import add_plan
from maintenance.plans.metering import Measure
from sensors.access import Principal, Right
from sensors.models import Asset, Sensor, Site

PLANNER = "sample"
POINTS = (
    ("Bearing housings: warm, noisy or leaking?", OnFail.CREATE_WORK_ORDER),
    ("Coupling guard tight and whole?", OnFail.CREATE_WORK_ORDER),
    ("Grease until it comes out fresh", OnFail.NOTHING),
)
# Amperes above which the motor of a sample pump turns.
RUNS_ABOVE = 5.0


def create_plans(site: Site, now: datetime | None = None) -> list[Plan]:
    """Plans of the sample plant's first pumps; what is there already stays as it is."""
    moment = now or timezone.now()
    by = Principal(PLANNER, {site.pk: frozenset({Right.PLAN})})
    wanted = (("P-101", _quarterly(moment)), ("P-201", _by_running_hours(site)))
    made = []
    for tag, said in wanted:
        asset = Asset.objects.select_related("site").get(site=site, tag=tag)
        if not Plan.objects.filter(asset=asset, title=said["title"]).exists():
            made.append(add_plan(asset, said, by, moment))
    return made


def _quarterly(now: datetime) -> dict[str, Any]:
    rule = {"rule": "FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO", "at": time(6)}
    season = {"first_month": 12, "first_day": 20, "last_month": 1, "last_day": 6}
    return {
        "title": "Inspect and grease",
        "description": "Quarterly round: look, listen, feel, grease both bearings.",
        "checklist": _checklist(),
        "planned_duration": timedelta(minutes=90),
        "lead_time": timedelta(days=7),
        "calendars": [rule | {"first_on": now.date().replace(day=1)}],
        "quiet_seasons": [season],
        "required_skills": [{"skill": _skill("lubrication", "Lubrication"), "level": 2}],
        "parts": [{"name": "Bearing grease, cartridge", "quantity": 1, "unit_cost": 18}],
    }


def _by_running_hours(site: Site) -> dict[str, Any]:
    current = Sensor.objects.get(site=site, code="P-201_CURR")
    hours = {"sensor": current, "measure": Measure.RUNNING_HOURS, "level": RUNS_ABOVE}
    return {
        "title": "Change the seal and the oil",
        "description": "Every 4 000 running hours, counted from the last change.",
        "anchor": Plan.Anchor.COMPLETION,
        "planned_duration": timedelta(hours=4),
        "lead_time": timedelta(days=21),
        "meters": [hours | {"every": 4_000.0}],
        "required_skills": [{"skill": _skill("mechanics", "Mechanics"), "level": 3}],
        "parts": [
            {"name": "Mechanical seal", "quantity": 1, "unit_cost": 320},
            {"name": "Oil, ISO VG 46, litre", "quantity": 2, "unit_cost": 9},
        ],
    }


def _checklist() -> ChecklistTemplate:
    template, is_new = ChecklistTemplate.objects.get_or_create(name="Pump round")
    if is_new:
        for position, (words, on_fail) in enumerate(POINTS, start=1):
            template.points.create(position=position, words=words, on_fail=on_fail)
    return template


def _skill(code: str, name: str) -> Skill:
    return Skill.objects.get_or_create(code=code, defaults={"name": name})[0]
