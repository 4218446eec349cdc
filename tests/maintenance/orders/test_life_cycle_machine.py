"""Whatever people, anomalies and the clock do to an order, in whatever order: it stays legal.

A model of a few lines says beside it what is to be expected.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from maintenance.decision import decide_undecided
from maintenance.models import ChecklistPoint, WorkOrder
from maintenance.orders.booking import book_part
from maintenance.orders.checklists import fill_in
from maintenance.orders.completing import missing_of
from maintenance.orders.deciding import bring_back_deferred, decide
from maintenance.orders.transitions import move
from maintenance.orders.verification import verify_orders
from tests.factories import NOON, make_anomaly
from tests.maintenance.orders.made import (
    ROLES,
    WAYS,
    anomaly_of,
    code,
    code_of,
    found,
    order_in,
    person,
)
from tests.maintenance.scheduling.crews import make_booking, make_technician

HOUR = timedelta(hours=1)
WATCHED_FOR = 48 * HOUR
STRAIGHT = {
    "proposed": "approved",
    "approved": "scheduled",
    "scheduled": "in_progress",
    "on_hold": "in_progress",
    "in_progress": "completed",
}


class OrderLife(RuleBasedStateMachine):
    """What is to be expected stands in attributes; the rest is the order as it is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.clock = time_machine.travel(NOON, tick=False)
        self.hand = self.clock.start()
        mode = code("mode")
        self.order = order_in("proposed", origin="predictive", suspected_mode=mode)
        over: dict[str, Any] = {
            "started_at": NOON - HOUR,
            "last_seen_at": NOON - HOUR,
            "ended_at": NOON - HOUR,
        }
        first = anomaly_of(self.order.asset, work_order=self.order, decision_pending=False, **over)
        self.sensor = first.sensor
        ChecklistPoint.objects.create(work_order=self.order, position=1, words="Look")
        self.now, self.state, self.path = NOON, "proposed", ["proposed"]
        self.has_slot = self.has_parts = self.looked = self.said = False
        self.waits_for = self.verification = ""
        self.deferred_until: datetime | None = None
        self.completed_at: datetime | None = None
        self.back_at: datetime | None = None
        self.choices: list[str] = []

    def teardown(self) -> None:
        self.clock.stop()
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    # What may happen.

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: self.ways())
    def go_on(self, which: int) -> None:
        """A step that is allowed, with all that it takes."""
        to_state = self.ways()[which % len(self.ways())]
        if to_state == "scheduled" and not self.has_slot:
            self.book_a_slot()
        if to_state == "completed" and not self.looked:
            self.look("ok")
        self.go(to_state, "planner", reason="Why", hold_reason="other", says=True)

    @rule()
    @precondition(lambda self: self.state in STRAIGHT)
    def carry_out(self) -> None:
        """The usual way to the end, so that what comes after it is tried often."""
        while self.state in STRAIGHT:
            self.go_on(self.ways().index(STRAIGHT[self.state]))

    @rule(
        to_state=st.sampled_from([*WorkOrder.State.values, "lost"]),
        role=st.sampled_from(ROLES),
        reason=st.sampled_from(["", "Why"]),
        hold_reason=st.sampled_from(["", "lunch", "other"]),
        says=st.booleans(),
    )
    def go(self, to_state: str, role: str, reason: str, hold_reason: str, says: bool) -> None:
        expected = self.refusal_of(to_state, role, reason, hold_reason, says)
        said: dict[str, Any] = {"reason": reason, "hold_reason": hold_reason}
        if says and to_state == "completed":
            said |= {"completion": found(self.order)}
        by = person(self.order, role)
        assert code_of(move, self.order.pk, to_state, by=by, **said) == expected
        if not expected:
            before = self.state
            self.arrive(to_state, hold_reason)
            if before == "proposed":
                self.choices.append("approve" if to_state == "approved" else "reject")

    @rule(
        choice=st.sampled_from(["approve", "modify", "reject", "defer", "accept"]),
        role=st.sampled_from(["technician", "planner", "planner"]),
        hours=st.sampled_from([-1, 5, 24 * 400]),
    )
    def decide(self, choice: str, role: str, hours: int) -> None:
        until = self.now + hours * HOUR
        changes = {"title": f"Changed {len(self.choices)}"}
        expected = {
            choice == "defer" and hours != 5: "defer_until_needed",
            self.state != "proposed": "not_proposed",
            role != "planner": "permission_denied",
            choice == "accept": "unknown_choice",
        }.get(True, "")
        said = {"justification": "So", "defer_until": until, "changes": changes}
        by = person(self.order, role)
        assert code_of(decide, self.order.pk, choice, by=by, **said) == expected
        if expected:
            return
        self.choices.append(choice)
        if choice == "defer":
            self.deferred_until = until
        else:
            self.arrive("cancelled" if choice == "reject" else "approved", "")

    @rule()
    @precondition(lambda self: self.state == "approved" and not self.has_slot)
    def book_a_slot(self) -> None:
        technician = make_technician(self.order.asset.site)
        make_booking(technician, self.now + HOUR, work_order=self.order)
        self.has_slot = True

    @rule()
    def use_a_part(self) -> None:
        at_work = self.state in ("in_progress", "on_hold", "completed")
        expected = "" if at_work else "not_at_work"
        by = person(self.order, "technician")
        assert code_of(book_part, self.order.pk, by=by, name="Bearing") == expected
        self.has_parts |= at_work

    @rule(result=st.sampled_from(["ok", "failed", "na", ""]))
    def look(self, result: str) -> None:
        at_work = self.state in ("in_progress", "on_hold")
        expected = "" if at_work else "not_at_work"
        by = person(self.order, "technician")
        assert code_of(fill_in, self.order.pk, 1, by=by, result=result) == expected
        if at_work:
            self.looked = bool(result)

    @rule(is_pending=st.booleans())
    @precondition(lambda self: self.verification == "pending" and self.back_at is None)
    def it_comes_back(self, is_pending: bool) -> None:
        times = dict.fromkeys(("started_at", "last_seen_at", "peak_at", "ended_at"), self.now)
        make_anomaly(self.sensor, decision_pending=is_pending, **times)
        if self.completed_at and self.now > self.completed_at:
            self.back_at = self.now
        self.tend()

    @rule(hours=st.sampled_from([1, 6, 48]))
    def time_goes_by(self, hours: int) -> None:
        self.now += hours * HOUR
        self.hand.move_to(self.now)
        self.tend()

    # What must hold after each step.

    @invariant()
    def it_is_as_expected(self) -> None:
        order = WorkOrder.objects.get(pk=self.order.pk)
        assert order.state == self.state
        assert order.hold_reason == self.waits_for
        assert order.deferred_until == self.deferred_until
        assert order.completed_at == self.completed_at
        assert order.verification == self.verification
        assert [decision.choice for decision in order.decisions.all()] == self.choices

    @invariant()
    def its_log_reads_as_a_legal_path(self) -> None:
        steps = list(self.order.transitions.values_list("from_state", "to_state"))
        assert steps == list(zip(self.path, self.path[1:], strict=False))
        assert set(steps) <= WAYS.keys()

    @invariant()
    def no_state_is_without_what_it_promises(self) -> None:
        order = WorkOrder.objects.get(pk=self.order.pk)
        if self.state in ("completed", "closed"):
            assert missing_of(order) == []
        if self.state == "scheduled":
            assert order.bookings.standing().exists()
        if self.state == "cancelled":
            assert not order.parts.exists()
        if self.state not in ("proposed", "cancelled"):
            assert {"approve", "modify"} & set(self.choices)

    # The model.

    def ways(self) -> list[str]:
        """Where it may go. What parts were used on is not cancelled."""
        open_ways = [to_state for before, to_state in WAYS if before == self.state]
        return [way for way in open_ways if way != "cancelled" or not self.has_parts]

    def refusal_of(
        self, to_state: str, role: str, reason: str, hold_reason: str, says: bool
    ) -> str:
        way = WAYS.get((self.state, to_state))
        least, has_to_say_why = way or ("technician", False)
        nothing_said = not (says or self.said)
        refusals: list[tuple[str, Callable[[], bool]]] = [
            ("permission_denied", lambda: ROLES.index(role) < ROLES.index(least)),
            ("illegal_move", lambda: way is None),
            ("reason_needed", lambda: has_to_say_why and not reason),
            ("hold_reason_needed", lambda: to_state == "on_hold" and hold_reason != "other"),
            ("not_booked", lambda: to_state == "scheduled" and not self.has_slot),
            ("work_was_booked", lambda: to_state == "cancelled" and self.has_parts),
            ("incomplete", lambda: to_state == "completed" and (nothing_said or not self.looked)),
        ]
        return next((refusal for refusal, is_so in refusals if is_so()), "")

    def arrive(self, to_state: str, hold_reason: str) -> None:
        if to_state == "approved":
            self.has_slot = False
        self.state, self.deferred_until = to_state, None
        self.waits_for = hold_reason if to_state == "on_hold" else ""
        self.path.append(to_state)
        if to_state == "completed":
            self.completed_at, self.verification, self.said = self.now, "pending", True
        elif to_state == "in_progress":
            self.completed_at, self.verification = None, ""

    def tend(self) -> None:
        """What beat and the agents do, and what the model expects of it."""
        bring_back_deferred()
        decide_undecided()
        verify_orders()
        if self.deferred_until and self.deferred_until <= self.now:
            self.deferred_until = None
        if self.verification != "pending" or self.completed_at is None:
            return
        if self.back_at:
            if self.state == "completed":
                self.arrive("in_progress", "")
                self.said = False
            self.verification, self.back_at = "recurred", None
        elif self.now >= self.completed_at + WATCHED_FOR:
            if self.state == "completed":
                self.arrive("closed", "")
            self.verification = "proven"


@pytest.mark.django_db
def test_no_way_leads_to_an_illegal_state() -> None:
    run_state_machine_as_test(
        OrderLife,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
