"""Six technicians of the sample plant, with shifts and skills."""

from __future__ import annotations

from datetime import time

from maintenance.models import Shift, Skill, Technician, TechnicianSkill, WorkingCalendar
from sensors.models import Site

SKILLS = {
    "mechanics": "Mechanics",
    "electrics": "Electrics",
    "instruments": "Instruments",
    "vibration": "Vibration analysis",
    "lubrication": "Lubrication",
}
# Shifts on working days: start, end, and the break.
CALENDARS = {
    "Early shift": (time(6), time(14), time(10), time(10, 30)),
    "Late shift": (time(14), time(22), time(18), time(18, 30)),
    "Day": (time(7, 30), time(16), time(12), time(12, 30)),
}
TECHNICIANS = (
    ("Anna Brandt", "Early shift", {"mechanics": 4, "lubrication": 3}),
    ("Bilal Aydin", "Early shift", {"electrics": 4, "instruments": 2}),
    ("Clara Novak", "Late shift", {"mechanics": 3, "vibration": 2}),
    ("David Okoro", "Late shift", {"electrics": 3, "mechanics": 2}),
    ("Eva Lindgren", "Day", {"vibration": 5, "mechanics": 4, "instruments": 3}),
    ("Felix Moreau", "Day", {"instruments": 4, "electrics": 2, "lubrication": 2}),
)
RATE = {"Early shift": 48, "Late shift": 52, "Day": 55}


def create_technicians(site: Site) -> list[Technician]:
    """The people of a site; what is there already stays as it is."""
    skills = {
        code: Skill.objects.get_or_create(code=code, defaults={"name": name})[0]
        for code, name in SKILLS.items()
    }
    calendars = {name: _calendar(site, name) for name in CALENDARS}
    made = []
    for name, shift, levels in TECHNICIANS:
        technician, is_new = Technician.objects.get_or_create(
            site=site,
            name=name,
            defaults={"calendar": calendars[shift], "hourly_rate": RATE[shift]},
        )
        if is_new:
            TechnicianSkill.objects.bulk_create(
                TechnicianSkill(technician=technician, skill=skills[code], level=level)
                for code, level in levels.items()
            )
        made.append(technician)
    return made


def _calendar(site: Site, name: str) -> WorkingCalendar:
    taken = site.calendars.filter(is_default=True).exists()
    calendar, is_new = WorkingCalendar.objects.get_or_create(
        site=site, name=name, defaults={"is_default": name == "Day" and not taken}
    )
    if is_new:
        starts, ends, break_starts, break_ends = CALENDARS[name]
        Shift.objects.bulk_create(
            Shift(
                calendar=calendar,
                weekday=day,
                starts=starts,
                ends=ends,
                break_starts=break_starts,
                break_ends=break_ends,
            )
            for day in range(5)
        )
    return calendar
