from __future__ import annotations

from datetime import timedelta

import pytest

from maintenance import policy
from maintenance.policy import Action, Finding, Foreseen, Priority, Severity

LOW, MEDIUM, HIGH, CRITICAL = Severity


def finding(severity: Severity = HIGH, sensor: str = "T1", kind: str = "temperature") -> Finding:
    return Finding(sensor, kind, "high_limit", severity)


@pytest.mark.parametrize(
    ("score", "of_limit", "of_deviation"),
    [
        (0.0, LOW, LOW),
        (1.0, LOW, LOW),
        (1.49, LOW, LOW),
        (1.5, MEDIUM, LOW),
        (2.0, HIGH, MEDIUM),
        (2.99, HIGH, MEDIUM),
        (3.0, CRITICAL, HIGH),
        (1e9, CRITICAL, HIGH),
    ],
)
def test_a_score_has_a_severity(score: float, of_limit: Severity, of_deviation: Severity) -> None:
    assert policy.severity(score, is_limit=True) == of_limit
    assert policy.severity(score, is_limit=False) == of_deviation


@pytest.mark.parametrize(
    ("criticality", "priorities"),
    [
        (1, ["P4", "P4", "P4", "P3"]),
        (2, ["P4", "P3", "P3", "P2"]),
        (3, ["P4", "P3", "P2", "P1"]),
        (4, ["P3", "P2", "P1", "P1"]),
    ],
)
def test_priority_is_what_it_means_to_the_plant_times_how_bad_it_is(
    criticality: int, priorities: list[str]
) -> None:
    assert [policy.priority(criticality, severity) for severity in Severity] == priorities


@pytest.mark.parametrize(
    ("findings", "action"),
    [
        ([finding(LOW)], Action.WATCH),
        ([finding(LOW), finding(LOW)], Action.WATCH),
        ([finding(LOW, "T1"), finding(LOW, "T2")], Action.ORDER),
        ([finding(MEDIUM)], Action.ORDER),
        ([finding(LOW), finding(CRITICAL)], Action.ORDER),
    ],
)
def test_a_single_low_anomaly_is_watched_and_all_else_ordered(
    findings: list[Finding], action: Action
) -> None:
    assert policy.decide(2, findings).action == action


def test_the_worst_anomaly_leads() -> None:
    decision = policy.decide(4, [finding(LOW), finding(CRITICAL, "V1", "vibration")])

    assert decision.priority == Priority.P1
    assert "bearings" in decision.recommendation
    assert decision.rules == (
        "worst severity is critical on V1",
        "criticality 4 x severity 4 gives P1",
    )


def test_sensors_that_agree_are_said_so() -> None:
    decision = policy.decide(1, [finding(LOW, "T1"), finding(LOW, "T2")])

    assert "2 sensors agree" in decision.rules


def test_more_urgent_work_is_due_sooner() -> None:
    assert [policy.DUE_IN[priority] for priority in Priority] == [
        timedelta(hours=8),
        timedelta(days=3),
        timedelta(days=14),
        timedelta(days=30),
    ]
    assert policy.decide(4, [finding(CRITICAL)]).due_in == timedelta(hours=8)


def test_an_unfamiliar_kind_of_sensor_is_still_looked_at() -> None:
    assert policy.decide(1, [finding(kind="other")]).recommendation == policy.LOOK


def foreseen(after: float, earliest: float, latest: float | None = None) -> Foreseen:
    ends = [None if hours is None else timedelta(hours=hours) for hours in (earliest, latest)]
    assert ends[0] is not None
    return Foreseen("T1", 90.0, "°C", timedelta(hours=after), ends[0], ends[1])


@pytest.mark.parametrize(
    ("after", "earliest", "due_in", "priority"),
    [
        # P3 is due in 336 h, three quarters of 400 h are 300 h.
        (1000, 500, 336, "P3"),
        (400, 336, 300, "P3"),
        (400, 335, 300, "P2"),
        (26, 18, 19.5, "P2"),
        (0, 0, 0, "P2"),
    ],
)
def test_work_is_due_before_a_limit_is_reached(
    after: float, earliest: float, due_in: float, priority: str
) -> None:
    decision = policy.decide(2, [finding(MEDIUM)], foreseen=foreseen(after, earliest))

    assert (decision.due_in, decision.priority) == (timedelta(hours=due_in), priority)


def test_the_most_urgent_work_is_not_raised_further() -> None:
    decision = policy.decide(4, [finding(CRITICAL)], foreseen=foreseen(4, 2, 6))

    assert (decision.due_in, decision.priority) == (timedelta(hours=3), "P1")


@pytest.mark.parametrize(("after", "action"), [(26, Action.ORDER), (1000, Action.WATCH)])
def test_a_low_anomaly_is_not_only_watched_where_a_limit_is_near(
    after: float, action: Action
) -> None:
    decision = policy.decide(2, [finding(LOW)], foreseen=foreseen(after, after / 2))

    assert decision.action == action


def test_the_limit_ahead_is_told_in_the_rules() -> None:
    decision = policy.decide(2, [finding(MEDIUM)], foreseen=foreseen(26, 18, 40))

    assert decision.rules[2:] == (
        "alarm limit of 90 °C expected in 26 h (18 h to 40 h) on T1",
        "that may be before P3 is due, which makes it P2",
        "due in 20 h, three quarters of the time to the limit",
    )


def test_a_limit_far_ahead_is_told_and_changes_nothing() -> None:
    usual = policy.decide(2, [finding(MEDIUM)])
    decision = policy.decide(2, [finding(MEDIUM)], foreseen=foreseen(1000, 500))

    assert (decision.due_in, decision.priority) == (usual.due_in, usual.priority)
    assert decision.rules == (
        *usual.rules,
        "alarm limit of 90 °C expected in 1000 h (500 h or later) on T1",
    )


@pytest.mark.parametrize(("score", "graded"), [(1.0, 1), (2.99, 1), (3.0, 2), (1e6, 2)])
def test_a_fault_of_a_sensor_is_never_urgent(score: float, graded: int) -> None:
    assert policy.severity(score, is_limit=False, of_sensor=True) == graded


def fault(sensor: str, kind: str, severity: Severity) -> Finding:
    return Finding(sensor, "vibration", kind, severity)


def test_a_fault_of_a_sensor_asks_to_check_the_sensor() -> None:
    decided = policy.decide(4, [fault("V1", "stuck", Severity.MEDIUM)])

    assert decided.action == policy.Action.ORDER
    assert decided.recommendation == policy.CHECK_SENSOR


def test_what_is_about_the_machine_comes_first() -> None:
    faults = [
        fault("V1", "no_data", Severity.MEDIUM),
        fault("V2", "deviation", Severity.MEDIUM),
    ]

    assert policy.decide(2, faults).recommendation == policy.RECOMMENDATIONS["vibration"]


def test_faults_of_sensors_do_not_confirm_each_other() -> None:
    faults = [fault(name, "no_data", Severity.LOW) for name in ("V1", "V2", "V3")]

    assert policy.decide(4, faults).action == policy.Action.WATCH
