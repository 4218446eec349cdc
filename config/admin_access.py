"""What each model of the admin asks for, as config/access.py says it of routes.

Who has which right at a site follows from the role of the membership (sensors/access.py).
What does not stand here takes a permission of Django's, given by hand, or a superuser:
people, keys and memberships, and what is of the whole company. Some pages narrow it down
further, such as those that only who plans for all sites concerned may change.
"""

from __future__ import annotations

from functools import lru_cache

from sensors.access import Principal, Right

LOOK = {"view": Right.READ}


def kept_with(right: Right, *, seen_with: Right = Right.READ) -> dict[str, Right]:
    """Looked at, added and changed. Rows are closed, cancelled or stopped, not deleted."""
    return {"view": seen_with, "add": right, "change": right}


def parts_of(whole: dict[str, Right]) -> dict[str, Right]:
    """Rows on the page of another: whoever may change that one may also take them away."""
    return whole | {"delete": whole["change"]} if "change" in whole else whole


REGISTERED, CURATED = kept_with(Right.REGISTER), kept_with(Right.CURATE)
PLANNED, WORKED = kept_with(Right.PLAN), kept_with(Right.WORK)
# Addresses and who is told: as over the API, not even seen without the right to plan.
SET_UP = kept_with(Right.PLAN, seen_with=Right.PLAN)

# By the model's label, the right that each verb asks for.
RIGHT_FOR_MODEL: dict[str, dict[str, Right]] = {
    # The plant and what it measures
    "sensors.site": LOOK,
    "sensors.assettype": LOOK,
    "sensors.bearing": LOOK,
    "sensors.severitypreset": LOOK,
    "sensors.asset": REGISTERED,
    "sensors.sensor": REGISTERED,
    "sensors.waveformanalysis": parts_of(REGISTERED),
    "sensors.frequencyband": parts_of(REGISTERED),
    "sensors.linemapping": REGISTERED | {"delete": Right.REGISTER},
    "sensors.bridge": LOOK | {"delete": Right.REGISTER},
    "sensors.readingbatch": LOOK,
    "sensors.quarantinedreading": LOOK,
    "sensors.readingconflict": LOOK,
    "sensors.curation": LOOK,
    "agents.pipelinerun": LOOK,
    "mlops.modelversion": LOOK,
    "mlops.backtest": LOOK | {"add": Right.CURATE},
    # What is wrong and what is done about it
    "maintenance.anomaly": LOOK | {"change": Right.WORK},
    "maintenance.symptom": LOOK,
    "maintenance.anomalylog": LOOK,
    "maintenance.workorder": WORKED,
    "maintenance.life": CURATED,
    "maintenance.failurecode": PLANNED,
    "maintenance.decisionpolicy": PLANNED,
    "maintenance.policyskill": parts_of(PLANNED),
    "maintenance.checklisttemplate": PLANNED,
    "maintenance.templatepoint": parts_of(PLANNED),
    "maintenance.report": LOOK | {"add": Right.READ},
    "maintenance.costassumption": PLANNED,
    # Who does it and when
    "maintenance.skill": LOOK,
    "maintenance.technician": PLANNED,
    "maintenance.technicianskill": parts_of(PLANNED),
    "maintenance.absence": parts_of(PLANNED),
    "maintenance.workingcalendar": PLANNED,
    "maintenance.shift": parts_of(PLANNED),
    "maintenance.holiday": PLANNED | {"delete": Right.PLAN},
    "maintenance.booking": LOOK,
    "maintenance.siteplan": LOOK,
    "maintenance.calendarfeed": SET_UP,
    "maintenance.maintenancewindow": PLANNED,
    "maintenance.plan": PLANNED,
    "maintenance.calendartrigger": parts_of(PLANNED),
    "maintenance.metertrigger": parts_of(PLANNED),
    "maintenance.quietseason": parts_of(PLANNED),
    "maintenance.planskill": parts_of(PLANNED),
    "maintenance.planpart": parts_of(PLANNED),
    # Who is told
    "maintenance.notification": LOOK | {"change": Right.PLAN},
    "maintenance.deliveryattempt": LOOK,
    "maintenance.preference": kept_with(Right.READ),
    "maintenance.channel": SET_UP,
    "maintenance.notificationrule": SET_UP,
    "maintenance.escalationpolicy": SET_UP,
    "maintenance.escalationstep": parts_of(SET_UP),
    "maintenance.escalation": LOOK,
}

# By the name of a permission of Django's, the right that stands for it.
RIGHT_FOR_PERMISSION = {
    f"{app}.{verb}_{model}": right
    for label, verbs in RIGHT_FOR_MODEL.items()
    for app, model in [label.split(".")]
    for verb, right in verbs.items()
}


def permissions_of(principal: Principal, site_id: int | None = None) -> frozenset[str]:
    """What the roles of a person give at one site, or at any of his or her sites."""
    if site_id is None:
        return _permissions_for(frozenset(right for right in Right if principal.may(right)))
    return _permissions_for(frozenset(r for r in Right if principal.may_at(r, site_id)))


# A page asks a hundred times, and there are few sets of rights.
@lru_cache
def _permissions_for(held: frozenset[Right]) -> frozenset[str]:
    return frozenset(name for name, right in RIGHT_FOR_PERMISSION.items() if right in held)
