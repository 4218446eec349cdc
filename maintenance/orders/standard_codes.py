"""Codes to begin with, in the way of ISO 14224, annex B. Planners edit them afterwards."""

from __future__ import annotations

from typing import Any

from django.apps import apps as installed

from maintenance.models import ChecklistTemplate, FailureCode, TemplatePoint
from maintenance.models.checklists import OnFail
from sensors.models import AssetType

# Code, name, and the kinds of sensors in which a mode shows.
Words = tuple[tuple[str, str, tuple[str, ...]], ...]

MODES: Words = (
    ("AIR", "Abnormal instrument reading", ("sensor",)),
    ("BRD", "Breakdown", ()),
    ("ERO", "Erratic output", ("speed", "power")),
    ("ELU", "External leakage", ("level", "humidity")),
    ("FTS", "Failure to start on demand", ()),
    ("NOI", "Noise", ("acoustic",)),
    ("OHE", "Overheating", ("temperature",)),
    ("PDE", "Parameter deviation", ("pressure", "flow", "current", "voltage")),
    ("STD", "Structural deficiency", ()),
    ("UST", "Spurious stop", ()),
    ("VIB", "Vibration", ("vibration",)),
    ("OTH", "Other", ()),
    ("UNK", "Unknown", ()),
)
CAUSES: Words = (
    ("WEAR", "Wear", ()),
    ("FATIGUE", "Fatigue", ()),
    ("CORROSION", "Corrosion or erosion", ()),
    ("LUBRICANT", "Lack of lubrication, or the wrong lubricant", ()),
    ("ALIGNMENT", "Misalignment or wrong clearance", ()),
    ("LOOSENESS", "Looseness", ()),
    ("BLOCKAGE", "Blockage or contamination", ()),
    ("ELECTRICAL", "Short circuit, open circuit, or fault of supply", ()),
    ("INSTRUMENT", "Fault of an instrument or a control", ()),
    ("DESIGN", "Design or material", ()),
    ("INSTALL", "Fabrication or installation", ()),
    ("OPERATION", "Operation outside of what it is made for", ()),
    ("UPKEEP", "Earlier maintenance", ()),
    ("OTHER", "Other", ()),
    ("UNKNOWN", "Unknown", ()),
)
REMEDIES: Words = (
    ("REPLACE", "Replaced", ()),
    ("REPAIR", "Repaired", ()),
    ("MODIFY", "Modified", ()),
    ("ADJUST", "Adjusted or aligned", ()),
    ("REFIT", "Refitted, cleaned or tightened", ()),
    ("SERVICE", "Serviced, lubricated", ()),
    ("CHECK", "Checked or tested only", ()),
    ("OVERHAUL", "Overhauled", ()),
    ("OTHER", "Other", ()),
)
PUMP_MODES: Words = (
    ("ELP", "External leakage of what is pumped", ("level", "humidity")),
    ("INL", "Internal leakage", ()),
    ("LOO", "Low output", ("pressure", "flow")),
    ("HIO", "High output", ()),
    ("PLU", "Plugged or choked", ()),
    ("VIB", "Vibration", ("vibration",)),
    ("OHE", "Overheating", ("temperature",)),
)
PUMP_CAUSES: Words = (
    ("CAVITATION", "Cavitation", ()),
    ("BEARING", "Damage of a bearing", ()),
    ("SEAL", "Damage of the shaft seal", ()),
    ("IMPELLER", "Damage of the impeller", ()),
    ("COUPLING", "Damage of the coupling", ()),
)
Aspect = FailureCode.Aspect
GENERIC = ((Aspect.MODE, MODES), (Aspect.CAUSE, CAUSES), (Aspect.REMEDY, REMEDIES))
OF_PUMPS = ((Aspect.MODE, PUMP_MODES), (Aspect.CAUSE, PUMP_CAUSES))
PUMP = "centrifugal-pump"
PUMP_CHECKLIST = "Inspection of a centrifugal pump"
# Words, whether one has to say something, and what follows if it is not in order.
PUMP_POINTS = (
    ("Isolated, locked and found without pressure", True, OnFail.NOTHING),
    ("Bearings: temperature, noise and play", True, OnFail.NOTHING),
    ("Lubricant: level and look", True, OnFail.NOTHING),
    ("Shaft seal: leakage", True, OnFail.CREATE_WORK_ORDER),
    ("Coupling and alignment", True, OnFail.NOTHING),
    ("Foundation and fastening", False, OnFail.CREATE_WORK_ORDER),
    ("Test run: pressure, current and vibration as usual", True, OnFail.NOTHING),
)


def lay_down_codes(apps: Any = installed, **kwargs: Any) -> None:
    """Lay down the codes of all types where there are none at all, after each migrate.

    What a planner has removed does not come back.
    """
    try:
        model = apps.get_model("maintenance", "FailureCode")
    except LookupError:
        return  # The table is not there yet, or no more.
    if not model.objects.exists():
        model.objects.bulk_create(
            model(aspect=aspect, code=code, name=name, sensor_kinds=list(kinds))
            for aspect, words in GENERIC
            for code, name, kinds in words
        )


def lay_down_for_pumps() -> int:
    """Codes and a checklist of pumps; what is there already stays. Says how many are new."""
    pump, _ = AssetType.objects.get_or_create(code=PUMP, defaults={"name": "Centrifugal pump"})
    before = FailureCode.objects.count()
    FailureCode.objects.bulk_create(
        (
            FailureCode(
                aspect=aspect, asset_type=pump, code=code, name=name, sensor_kinds=list(kinds)
            )
            for aspect, words in OF_PUMPS
            for code, name, kinds in words
        ),
        ignore_conflicts=True,
    )
    template, is_new = ChecklistTemplate.objects.get_or_create(
        name=PUMP_CHECKLIST, defaults={"asset_type": pump}
    )
    if is_new:
        TemplatePoint.objects.bulk_create(
            TemplatePoint(
                template=template, position=n, words=words, is_mandatory=must, on_fail=then
            )
            for n, (words, must, then) in enumerate(PUMP_POINTS, 1)
        )
    return FailureCode.objects.count() - before
