"""Whatever people, readings and the clock do to anomalies, in whatever order: it stays legal.

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

from maintenance.anomalies.acknowledging import (
    acknowledge,
    take_back_acknowledgements,
    unacknowledge,
)
from maintenance.anomalies.clearing import clear, clear_unconfirmed
from maintenance.anomalies.judging import give_verdict, merge
from maintenance.anomalies.refreshing import refresh_suppression
from maintenance.anomalies.shelving import shelve, unshelve
from maintenance.anomalies.windows import cancel, move_windows_on
from maintenance.episodes import LOOK_BACK
from maintenance.events import many_happened
from maintenance.models import Anomaly, MaintenanceWindow
from maintenance.recording import record_episodes
from maintenance.refusals import RefusedError
from tests.factories import MINUTE, NOON, make_asset, make_sensor, make_window
from tests.maintenance.anomalies.expected import Expected
from tests.maintenance.anomalies.recorded import scored, worker

CALM_FOR = 5
RE_ALARM = 90 * MINUTE
UNCONFIRMED = 300 * MINUTE
WINDOW = 60 * MINUTE
# Six at most: one episode begins in them at most.
SCORES = st.lists(st.sampled_from([0.0, 0.95, 2.5]), min_size=1, max_size=6)


class LifeCycle(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.clock = time_machine.travel(NOON, tick=False)
        self.hand = self.clock.start()
        asset = make_asset()
        delays = {"re_alarm_after": RE_ALARM, "auto_clear_after": UNCONFIRMED}
        self.sensors = [make_sensor(asset=asset, **delays) for _ in range(2)]
        self.by = worker(asset.site_id)
        self.rows: dict[int, Expected] = {}
        self.past: list[list[tuple[int, float]]] = [[], []]
        self.now = NOON
        self.window: MaintenanceWindow | None = None
        many_happened.connect(self.listen)

    def teardown(self) -> None:
        many_happened.disconnect(self.listen)
        self.clock.stop()
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    def listen(self, *, happenings: list[dict[str, Any]], **kwargs: Any) -> None:
        for one in happenings:
            anomaly: Anomaly = one["anomaly"]
            assert anomaly.suppression == "", "what is suppressed is told of"
            assert anomaly.merged_into_id is None, "what was merged is told of"
            self.heard.append((anomaly.pk, str(one["event"])))

    heard: list[tuple[int, str]] = []

    # What may happen.

    @rule(sensor=st.integers(0, 1), scores=SCORES)
    def read(self, sensor: int, scores: list[float]) -> None:
        self.heard = []
        start = int((self.now - NOON) / MINUTE)
        self.wait(len(scores))
        past = self.past[sensor]
        record_episodes(
            [scored(self.sensors[sensor], scores, start=start, before=past[-LOOK_BACK:])]
        )
        past += enumerate(scores, start)
        for minute, score in enumerate(scores, start):
            self.expect_reading(sensor, score, NOON + minute * MINUTE)
        self.adopt(sensor)

    @rule(minutes=st.sampled_from([1, 30, 61, 200, 400]))
    def time_goes_by(self, minutes: int) -> None:
        self.wait(minutes)

    @rule()
    @precondition(lambda self: self.window is None)
    def a_window_begins(self) -> None:
        self.heard = []
        site = self.sensors[0].site
        self.window = make_window(site, starts_at=self.now, duration=WINDOW)
        self.tend()

    @rule()
    @precondition(lambda self: self.window is not None)
    def the_window_is_cancelled(self) -> None:
        self.heard = []
        assert self.window
        cancel(self.window.pk, by=self.by)
        self.window = None
        self.tend()

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: self.rows)
    def acknowledge(self, which: int) -> None:
        pk, row = self.chosen(which)
        if self.tried(acknowledge, pk, "already_acknowledged" if row.acknowledged else ""):
            row.acknowledged = True
            row.again_at = self.now + RE_ALARM if row.active else None

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: self.rows)
    def unacknowledge(self, which: int) -> None:
        pk, row = self.chosen(which)
        if self.tried(unacknowledge, pk, "" if row.acknowledged else "not_acknowledged"):
            row.acknowledged, row.again_at = False, None

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: self.rows)
    def clear(self, which: int) -> None:
        pk, row = self.chosen(which)
        if self.tried(clear, pk, "" if row.active else "not_active", reason="Over"):
            row.end()

    @rule(which=st.integers(0, 9), hours=st.sampled_from([-1, 1, 24, 24 * 8]))
    @precondition(lambda self: self.rows)
    def shelve(self, which: int, hours: int) -> None:
        pk, row = self.chosen(which)
        code = {-1: "until_in_the_past", 24 * 8: "shelved_too_long"}.get(hours, "")
        until = self.now + timedelta(hours=hours)
        if self.tried(shelve, pk, code, until=until, reason="Known"):
            row.shelved_until = until
            for other in self.rows.values():
                if other.active and other.sensor == row.sensor:
                    other.shelved_until = until

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: self.rows)
    def unshelve(self, which: int) -> None:
        pk, row = self.chosen(which)
        alike = [r for r in self.rows.values() if r.sensor == row.sensor and self.is_shelved(r)]
        if self.tried(unshelve, pk, "" if alike else "not_shelved"):
            for other in alike:
                other.shelved_until = self.now

    @rule(which=st.integers(0, 9), verdict=st.sampled_from(Anomaly.Verdict.values))
    @precondition(lambda self: self.rows)
    def judge(self, which: int, verdict: str) -> None:
        pk, _ = self.chosen(which)
        if self.tried(give_verdict, pk, "", verdict=verdict):
            assert Anomaly.objects.get(pk=pk).verdict == verdict

    @rule(which=st.integers(0, 9), into=st.integers(0, 9))
    @precondition(lambda self: self.rows)
    def merge(self, which: int, into: int) -> None:
        pk, row = self.chosen(which)
        other, target = self.chosen(into)
        code = "into_itself" if pk == other else "merged" if target.merged else ""
        if self.tried(merge, pk, code, into=other):
            row.merged, row.again_at = True, None

    # What must hold after each step.

    @invariant()
    def each_is_as_expected(self) -> None:
        stored = {anomaly.pk: anomaly for anomaly in Anomaly.objects.all()}
        assert stored.keys() == self.rows.keys()
        for pk, row in self.rows.items():
            anomaly = stored[pk]
            assert anomaly.status == row.status
            assert anomaly.re_alarm_at == row.again_at
            assert (anomaly.merged_into_id is not None) == row.merged
            if row.active and not row.merged:
                assert anomaly.suppression == self.quiet(row)

    @invariant()
    def nobody_is_told_of_an_end_without_a_beginning(self) -> None:
        for row in self.rows.values():
            for before, after in zip(["", *row.told], row.told, strict=False):
                assert after != "cleared" or before in ("opened", "worse")
            if row.active and not (row.acknowledged or row.merged or self.quiet(row)):
                assert "opened" in row.told

    @invariant()
    def one_is_open_for_each_sensor_at_most(self) -> None:
        open_ones = [row.sensor for row in self.rows.values() if row.active]
        assert len(open_ones) == len(set(open_ones))

    # The model.

    def chosen(self, which: int) -> tuple[int, Expected]:
        pk = sorted(self.rows)[which % len(self.rows)]
        return pk, self.rows[pk]

    def tried(self, act: Callable[..., Any], pk: int, code: str, **said: Any) -> bool:
        """Whether it was done; the rules have to refuse what the model does."""
        self.heard = []
        if self.rows[pk].merged and code != "into_itself":
            code = "merged"
        try:
            act(pk, by=self.by, **said)
        except RefusedError as exc:
            assert exc.code == code
            return False
        assert code == ""
        self.take_down()
        return True

    def wait(self, minutes: int) -> None:
        self.heard = []
        self.now += minutes * MINUTE
        self.hand.move_to(self.now)
        self.tend()

    def tend(self) -> None:
        """What beat does, and what the model expects of it."""
        move_windows_on(self.now)
        clear_unconfirmed(self.now)
        take_back_acknowledgements(self.now)
        refresh_suppression(self.now)
        if self.window and self.now >= self.window.starts_at + WINDOW:
            self.window = None
        for row in self.rows.values():
            if row.active and row.last_seen + UNCONFIRMED <= self.now:
                row.end()
            if row.again_at and row.again_at <= self.now:
                row.acknowledged, row.again_at = False, None
        self.take_down()

    def expect_reading(self, sensor: int, score: float, moment: datetime) -> None:
        row = next((r for r in self.rows.values() if r.sensor == sensor and r.active), None)
        if row is None:
            if score >= 1:
                alike = [r for r in self.rows.values() if r.sensor == sensor]
                shelves = [r.shelved_until for r in alike if self.is_shelved(r)]
                until = max((u for u in shelves if u), default=None)
                self.rows[-1] = Expected(sensor, moment, shelved_until=until)
        elif score >= 1:
            row.last_seen, row.calm = moment, 0
        else:
            row.calm = row.calm + 1 if score < 0.9 else 0
            if row.calm >= CALM_FOR:
                row.end()

    def adopt(self, sensor: int) -> None:
        """Give the anomaly that was expected the number of the one that was stored."""
        if -1 in self.rows:
            self.rows[self.sensors[sensor].anomalies.latest("pk").pk] = self.rows.pop(-1)
        self.take_down()

    def take_down(self) -> None:
        for pk, event in self.heard:
            self.rows[pk].told.append(event)
        self.heard = []

    def is_shelved(self, row: Expected) -> bool:
        return row.shelved_until is not None and row.shelved_until > self.now

    def quiet(self, row: Expected) -> str:
        return "shelved" if self.is_shelved(row) else "window" if self.window else ""


@pytest.mark.django_db
def test_no_way_leads_to_an_illegal_state() -> None:
    run_state_machine_as_test(
        LifeCycle,
        settings=settings(
            max_examples=6,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
