"""People, orders and findings that tests of work orders start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from maintenance.events import happened
from maintenance.models import Anomaly, FailureCode, WorkOrder
from maintenance.orders.completing import Completion
from maintenance.orders.verdicts import Verdict
from maintenance.refusals import RefusedError
from sensors.access import Principal, Right
from sensors.models import Asset
from tests.factories import make_anomaly, make_asset, make_sensor, make_work_order

BY_RIGHT = {
    "nobody": frozenset[Right](),
    "viewer": frozenset({Right.READ}),
    "technician": frozenset({Right.READ, Right.WORK}),
    "planner": frozenset({Right.READ, Right.WORK, Right.PLAN}),
}
ROLES = tuple(BY_RIGHT)
# Each way from state to state: who may at least, and whether it has to be said why.
WAYS = {
    ("proposed", "approved"): ("planner", True),
    ("proposed", "cancelled"): ("planner", True),
    ("approved", "scheduled"): ("planner", False),
    ("approved", "in_progress"): ("technician", False),
    ("approved", "cancelled"): ("planner", True),
    ("scheduled", "in_progress"): ("technician", False),
    ("scheduled", "approved"): ("planner", False),
    ("scheduled", "cancelled"): ("planner", True),
    ("in_progress", "on_hold"): ("technician", False),
    ("in_progress", "completed"): ("technician", False),
    ("on_hold", "in_progress"): ("technician", False),
    ("on_hold", "cancelled"): ("planner", True),
    ("completed", "closed"): ("planner", False),
    ("completed", "in_progress"): ("technician", True),
}


def person(at: Asset | WorkOrder, role: str = "planner", name: str = "erika") -> Principal:
    """Somebody with the rights of a role at the site of an asset or order."""
    asset = at.asset if isinstance(at, WorkOrder) else at
    return Principal(name, {asset.site_id: BY_RIGHT[role]})


def refused(code: str, **members: Any) -> Any:
    """The block has to be refused with the code, and with these members of the refusal."""
    return pytest.raises(
        RefusedError,
        check=lambda exc: exc.code == code and members.items() <= exc.members.items(),
    )


def code_of(act: Any, *args: Any, **said: Any) -> str:
    """The code of what was refused, empty if it was done."""
    try:
        act(*args, **said)
    except RefusedError as exc:
        return exc.code
    return ""


def code(aspect: str, **fields: Any) -> FailureCode:
    """The first of the codes of all types, or one that is made."""
    if not fields:
        return FailureCode.objects.filter(aspect=aspect, asset_type=None).earliest("pk")
    return FailureCode.objects.create(aspect=aspect, name="Made", **fields)


def found(order: WorkOrder, **fields: Any) -> Completion:
    """All that a completed order has to say."""
    said: dict[str, Any] = {
        "found_fault": "yes",
        "resolution": "Bearing replaced",
        "failure_mode": code("mode"),
        "failure_cause": code("cause"),
        "remedy": code("remedy"),
        "verdicts": {a.pk: Verdict("confirmed") for a in order.anomalies.filter(verdict="")},
    }
    return Completion(**said | fields)


def anomaly_of(
    asset: Asset | None = None, measures: str = "temperature", **fields: Any
) -> Anomaly:
    """One on a sensor of its own."""
    sensor = make_sensor(asset=asset or make_asset(), kind=measures)
    return make_anomaly(sensor, **fields)


def order_in(state: str, **fields: Any) -> WorkOrder:
    """An order that is only said to be in a state. It is nobody's and about nothing."""
    return make_work_order(state=state, **{"origin": "corrective"} | fields)


@contextmanager
def told() -> Iterator[list[tuple[str, int, str]]]:
    """What is told of orders meanwhile: event, order and key."""
    heard: list[tuple[str, int, str]] = []

    def listen(*, event: str, order: WorkOrder | None = None, key: str, **kwargs: Any) -> None:
        if order is not None:
            heard.append((str(event), order.pk, key))

    happened.connect(listen)
    try:
        yield heard
    finally:
        happened.disconnect(listen)
