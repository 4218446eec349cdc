"""How far the software goes by itself, and what it leaves behind of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError

from maintenance import policy
from maintenance.decision import decide_undecided
from maintenance.models import (
    ChecklistTemplate,
    DecisionPolicy,
    PolicySkill,
    TemplatePoint,
    WorkOrder,
)
from maintenance.orders.deciding import decide
from maintenance.policy import Finding, Mode, Severity, Terms, approval
from sensors.models import AssetType
from tests.factories import NOON, make_asset
from tests.maintenance.orders.made import anomaly_of, person, told
from tests.maintenance.scheduling.crews import skill_named

FROM = Terms(Mode.AUTO_APPROVE, credibility=0.8, severity=Severity.HIGH)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def finding(credibility: float | None, severity: int) -> Finding:
    return Finding("T1", "temperature", "high_limit", Severity(severity), credibility)


@pytest.mark.parametrize(
    ("credibility", "severity", "approves"),
    [
        (None, 4, False),
        (0.0, 4, False),
        (0.79, 4, False),
        (0.8, 2, False),
        (0.8, 3, True),
        (1.0, 4, True),
        (1.0, 1, False),
        (float("nan"), 4, False),
    ],
)
def test_what_is_credible_and_severe_is_approved(
    credibility: float | None, severity: int, approves: bool
) -> None:
    assert (approval(FROM, [finding(credibility, severity)]) is not None) is approves


@pytest.mark.parametrize("mode", [Mode.SUGGEST, Mode.DRAFT_WORK_ORDER])
def test_the_other_modes_approve_nothing(mode: Mode) -> None:
    assert approval(Terms(mode, 0.0, Severity.LOW), [finding(1.0, 4)]) is None


def test_it_takes_one_anomaly_that_is_both() -> None:
    assert approval(FROM, [finding(1.0, 1), finding(0.1, 4)]) is None
    why = approval(FROM, [finding(0.1, 4), finding(0.9, 3)])
    assert why == (
        "approved by rule: credibility 0.9 of T1 is at least 0.8, its severity high at least high"
    )


def made_policy(mode: str, **fields: Any) -> DecisionPolicy:
    template = ChecklistTemplate.objects.create(name=f"Look {mode}")
    for position, words in enumerate(("Bearings", "Seal"), 1):
        TemplatePoint.objects.create(template=template, position=position, words=words)
    defaults = {"min_credibility": 0.8, "planned_duration": timedelta(hours=3)}
    made = DecisionPolicy.objects.create(
        mode=mode, checklist=template, **defaults | {"min_severity": 3} | fields
    )
    PolicySkill.objects.create(policy=made, skill=skill_named("pumps"), level=2)
    return made


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mode", "state", "hours", "points"),
    [
        (None, "proposed", 1, []),
        ("suggest", "proposed", 1, []),
        ("draft_work_order", "proposed", 3, ["Bearings", "Seal"]),
        ("auto_approve", "approved", 3, ["Bearings", "Seal"]),
    ],
)
def test_a_policy_says_how_far_the_software_goes(
    mode: str | None, state: str, hours: float, points: list[str]
) -> None:
    if mode:
        made_policy(mode)
    anomaly_of(severity_worst=3, credibility=0.9)

    with told() as heard:
        decide_undecided()

    order = WorkOrder.objects.get()
    assert order.state == state
    assert order.planned_duration == timedelta(hours=hours)
    assert [point.words for point in order.checklist.all()] == points
    assert order.required_skills.count() == bool(points)
    assert [event for event, *_ in heard] == ["proposed", "approved"][: 1 + (state == "approved")]
    assert order.decision["mode"] == (mode or "suggest")


@pytest.mark.django_db
def test_what_was_approved_by_rule_says_so() -> None:
    made_policy("auto_approve")
    anomaly_of(severity_worst=3, credibility=0.9)

    decide_undecided()

    order = WorkOrder.objects.get()
    step = order.transitions.get()
    assert (step.to_state, step.actor_name) == ("approved", "")
    assert step.reason == order.decision["rules"][-1]
    assert step.reason.startswith("approved by rule: credibility 0.9")
    assert order.decision["approved_by"] == "decision policy"
    assert not order.decisions.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("credibility", "severity"), [(None, 4), (0.79, 4), (0.9, 2)])
def test_the_rest_waits_for_a_planner(credibility: float | None, severity: int) -> None:
    made_policy("auto_approve")
    anomaly_of(severity_worst=severity, credibility=credibility)

    decide_undecided()

    order = WorkOrder.objects.get()
    assert order.state == "proposed"
    assert "approved_by" not in order.decision


@pytest.mark.django_db
def test_a_proposal_is_approved_once_something_severe_joins() -> None:
    made_policy("auto_approve")
    asset = make_asset()
    anomaly_of(asset, severity_worst=2, credibility=0.9)
    decide_undecided()
    anomaly_of(asset, severity_worst=4, credibility=0.9)

    decide_undecided()

    order = WorkOrder.objects.get()
    assert (order.state, order.priority) == ("approved", "P2")


@pytest.mark.django_db
def test_nobody_approves_over_the_head_of_a_planner() -> None:
    made_policy("auto_approve")
    asset = make_asset()
    anomaly_of(asset, severity_worst=2, credibility=0.9)
    decide_undecided()
    order = WorkOrder.objects.get()
    until = NOON + timedelta(days=1)
    decide(order.pk, "defer", by=person(order), justification="Later", defer_until=until)
    anomaly_of(asset, severity_worst=4, credibility=0.9)

    decide_undecided()

    order.refresh_from_db()
    assert (order.state, order.deferred_until) == ("proposed", None)


@pytest.mark.django_db
def test_the_policy_of_the_type_goes_before_that_of_all() -> None:
    pump, fan = (AssetType.objects.create(code=c, name=c) for c in ("pump", "fan"))
    made_policy("auto_approve")
    made_policy("draft_work_order", asset_type=pump)
    assets = [make_asset(type=kind) for kind in (pump, fan, None)]

    modes = [DecisionPolicy.objects.for_asset(asset).mode for asset in assets]

    assert modes == ["draft_work_order", "auto_approve", "auto_approve"]
    with pytest.raises(IntegrityError, match="one_decision_policy_per_asset_type"):
        made_policy("suggest")


@pytest.mark.django_db
def test_the_trace_holds_all_that_led_to_the_order() -> None:
    label = "robust_zscore#3"
    anomaly = anomaly_of(
        make_asset(criticality=3), severity_worst=3, credibility=0.9, detector=label
    )

    decide_undecided()
    order = WorkOrder.objects.get()
    decide(order.pk, "approve", by=person(order), justification="Seen")

    order.refresh_from_db()
    trace, seen = order.decision, order.decision["anomalies"][0]
    assert trace["policy"] == policy.VERSION
    assert trace["approved_by"] == "erika"
    assert trace["rules"][-1] == "criticality 3 x severity 3 gives P2"
    assert trace["suspected_mode"] == "OHE Overheating"
    assert seen == {
        "sensor": anomaly.sensor.code,
        "sensor_kind": "temperature",
        "anomaly_kind": "high_limit",
        "severity": 3,
        "credibility": 0.9,
        "id": anomaly.pk,
        "detector": label,
        "score": 2.5,
    }


@pytest.mark.django_db
def test_who_approved_stays_in_the_trace_when_the_order_becomes_more_urgent() -> None:
    asset = make_asset()
    anomaly_of(asset, severity_worst=2)
    decide_undecided()
    order = WorkOrder.objects.get()
    decide(order.pk, "approve", by=person(order), justification="Seen")
    anomaly_of(asset, severity_worst=4)

    decide_undecided()

    order.refresh_from_db()
    assert order.decision["approved_by"] == "erika"
    assert order.decision["before"][0]["rules"] != order.decision["rules"]
