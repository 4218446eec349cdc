"""What figures there are, in words. docs/kpis.md says how each is computed."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    title: str
    formula: str
    source: str


CATALOGUE = {
    "mtbf": Entry(
        "Mean time between failures", "hours of operation / failures", "EN 15341, ISO 14224"
    ),
    "mttr": Entry(
        "Mean time to restoration", "unplanned standstill after a failure / failures", "ISO 14224"
    ),
    "repair_time": Entry(
        "Mean active repair time", "hours with somebody at work / repairs", "ISO 14224"
    ),
    "availability": Entry(
        "Availability", "1 - hours of standstill / hours of machines", "EN 15341, ISO 14224"
    ),
    "pm_compliance": Entry(
        "Preventive work in time", "completed near the due date / due", "EN 15341, SMRP 5.4.14"
    ),
    "schedule_compliance": Entry(
        "Scheduled work in time", "completed in the slot / scheduled", "SMRP 5.4.4"
    ),
    "backlog": Entry("Backlog", "hours of open orders / hours of a week", "SMRP 5.4.8"),
    "reaction_acknowledged": Entry(
        "Until acknowledged", "median from noticed to acknowledged", "ISA-18.2"
    ),
    "reaction_ordered": Entry("Until ordered", "median from noticed to an order", "ours"),
    "reaction_started": Entry("Until work began", "median from noticed to work", "ours"),
    "alarm_rate": Entry(
        "Alarms per hour of an operator", "alarms / (hours x consoles)", "ISA-18.2, EEMUA 191"
    ),
    "alarm_rate_10_min": Entry(
        "Alarms per 10 minutes of an operator", "alarms / (hours x consoles) / 6", "EEMUA 191"
    ),
    "alarm_floods": Entry("Alarm floods", "from 10 in 10 minutes until fewer than 5", "ISA-18.2"),
    "alarm_chattering": Entry(
        "Chattering alarms", "sources with 3 or more in a minute", "ISA-18.2"
    ),
    "alarm_fleeting": Entry("Fleeting alarms", "over within a minute / alarms", "ISA-18.2"),
    "alarm_stale": Entry("Stale alarms", "active for more than 24 h", "ISA-18.2"),
    "alarm_bad_actors": Entry(
        "Share of the ten worst sources", "their alarms / alarms", "ISA-18.2"
    ),
    "alarm_suppressed": Entry("Suppressed alarms", "suppressed / all", "ISA-18.2"),
    "detector_precision": Entry(
        "Precision of detectors", "right / (right + wrong) by verdicts", "ours"
    ),
    "fault_found": Entry(
        "Orders in which a fault was found",
        "found, or partly / said, of predictive orders",
        "ours",
    ),
    "forewarning": Entry("Forewarning", "median from noticed to failed", "ours"),
    "maintenance_cost": Entry("Maintenance cost", "labour + parts", "EN 15341"),
    "cost_avoided": Entry(
        "Cost avoided", "confirmed x share that fails x hours x cost of an hour", "ours"
    ),
}

# Why there is no value.
WHY = {
    "fewer_than_two_failures": "fewer than two failures",
    "no_hours": "the interval has no hours of a machine yet",
    "no_failure_restored": "no failure was restored",
    "no_labour_booked": "no labour was booked on completed repairs",
    "nothing_due": "no preventive order was due",
    "nothing_scheduled": "no slot ended",
    "no_technicians": "no technician is active, or a week has no hours",
    "no_reaction": "nobody reacted yet",
    "no_anomalies": "there were no anomalies",
    "no_verdicts": "no verdicts were given",
    "nobody_said": "nobody said of such an order whether a fault was found",
    "no_failures": "nothing failed",
    "no_failure_forewarned": "no failure was forewarned",
    "no_assumptions": "nobody has said what a failure costs",
}
