"""What an order has to say when the work is done: what was found, and what helped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maintenance.models import FailureCode, WorkOrder
from maintenance.orders.verdicts import Verdict, give_verdicts
from maintenance.refusals import InvalidError, RefusedError
from sensors.access import Principal
from sensors.models import Asset

Aspect = FailureCode.Aspect
ASPECT_OF = {
    "failure_mode": Aspect.MODE,
    "failure_cause": Aspect.CAUSE,
    "remedy": Aspect.REMEDY,
}


@dataclass(frozen=True, slots=True)
class Completion:
    """What was found. What is empty here may stand on the order already.

    `verdicts` are by the id of an anomaly of the order.
    """

    found_fault: str = ""
    resolution: str = ""
    failure_mode: FailureCode | None = None
    failure_cause: FailureCode | None = None
    remedy: FailureCode | None = None
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)


def complete(order: WorkOrder, completion: Completion | None, by: Principal | None) -> None:
    """Put on the locked order what was found, if with it all is said that has to be.

    Raises RefusedError: `incomplete` with what is missing, or `wrong_code`.
    """
    if completion:
        _take_over(order, completion)
    if completion and by:
        give_verdicts(order, completion.verdicts, by)
    if missing := missing_of(order):
        raise RefusedError(
            "incomplete",
            f"{order.number} cannot be completed without {', '.join(missing)}.",
            missing=missing,
        )
    order.verification = _verification_of(order)
    order.save(update_fields=["found_fault", "resolution", *ASPECT_OF, "verification"])


def _take_over(order: WorkOrder, completion: Completion) -> None:
    for name in ("found_fault", "resolution", *ASPECT_OF):
        if said := getattr(completion, name):
            setattr(order, name, said)
    for name, aspect in ASPECT_OF.items():
        check_code(order, name, aspect)


def check_code(order: WorkOrder, name: str, aspect: str) -> None:
    """Raise RefusedError if a code is of another aspect or for another type of asset."""
    code = getattr(order, name)
    if code is None:
        return
    of_type = code.asset_type_id in (None, order.asset.type_id)
    if code.aspect != aspect or not of_type:
        detail = f"{code} is no {Aspect(aspect).label.lower()} of {order.asset.tag}."
        raise RefusedError("wrong_code", detail, field=name)


def codes_named(asset: Asset, said: Mapping[str, str | None]) -> dict[str, FailureCode | None]:
    """The codes of an asset that somebody names, by field; None stays None.

    Raises InvalidError for one that may not be chosen.
    """
    found: dict[str, FailureCode | None] = {}
    for name, code in said.items():
        chosen = FailureCode.objects.named(asset, ASPECT_OF[name], code) if code else None
        if code and chosen is None:
            detail = f"{code} is no {ASPECT_OF[name].label.lower()} of {asset.tag}."
            raise InvalidError("unknown_code", detail, field=name)
        found[name] = chosen
    return found


def missing_of(order: WorkOrder) -> list[str]:
    """What the order has still to say before it can be completed."""
    missing = [name for name in ("found_fault", "resolution") if not getattr(order, name)]
    if order.found_fault != WorkOrder.FoundFault.NO:
        missing += [name for name in ASPECT_OF if getattr(order, name) is None]
    if order.checklist.filter(is_mandatory=True, result="").exists():
        missing.append("checklist")
    if order.anomalies.filter(verdict="").exists():
        missing.append("verdicts")
    return missing


def _verification_of(order: WorkOrder) -> str:
    """Whether there is something that could come back."""
    could_return = order.failure_mode_id is not None or order.anomalies.exists()
    return WorkOrder.Verification.PENDING if could_return else ""
