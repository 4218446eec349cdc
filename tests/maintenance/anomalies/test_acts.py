"""What people can do about an anomaly, and what the rules refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from maintenance import policy
from maintenance.anomalies.acknowledging import acknowledge, unacknowledge
from maintenance.anomalies.clearing import clear
from maintenance.anomalies.judging import assign, give_verdict, merge
from maintenance.anomalies.shelving import shelve, unshelve
from maintenance.decision import decide_undecided
from maintenance.events import acknowledged
from maintenance.models import Anomaly, FailureCode, WorkOrder
from maintenance.orders.from_anomaly import create_work_order
from maintenance.refusals import InvalidError, NotAllowedError, RefusedError
from sensors.access import Right
from tests.factories import (
    make_anomaly,
    make_member,
    make_sensor,
    make_site,
    make_user,
    make_work_order,
)
from tests.maintenance.anomalies.recorded import CALM, at, heard, record, words_of, worker
from tests.maintenance.orders.made import told

pytestmark = pytest.mark.django_db

ACTS: dict[str, Callable[..., object]] = {
    "acknowledge": acknowledge,
    "unacknowledge": unacknowledge,
    "clear": lambda pk, by: clear(pk, by=by, reason="Over"),
    "assign": lambda pk, by: assign(pk, by=by, to=None),
    "shelve": lambda pk, by: shelve(pk, by=by, until=at(60), reason="Known"),
    "unshelve": unshelve,
    "verdict": lambda pk, by: give_verdict(pk, by=by, verdict="confirmed"),
    "merge": lambda pk, by: merge(pk, by=by, into=make_anomaly().pk),
    "order": create_work_order,
}


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(at(10), tick=False) as clock:
        yield clock


@pytest.fixture
def anomaly() -> Anomaly:
    return record(make_sensor(), [2.5])


def by(anomaly: Anomaly, **fields: Any) -> Any:
    return worker(anomaly.asset.site_id, **fields)


def refused(code: str) -> Any:
    return pytest.raises(RefusedError, check=lambda exc: exc.code == code)


def last_row(anomaly: Anomaly) -> tuple[str, str, str]:
    row = anomaly.log.latest("pk")
    return row.act, row.by, row.words


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_every_act_takes_the_right_at_the_site(act: Any, anomaly: Anomaly) -> None:
    reader = worker(anomaly.asset.site_id, Right.READ, Right.PLAN)
    stranger = worker(make_site().pk)

    for somebody in (reader, stranger):
        with pytest.raises(NotAllowedError):
            act(anomaly.pk, by=somebody)

    assert not anomaly.log.exists()


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_nothing_is_done_about_what_was_merged(act: Any, anomaly: Anomaly) -> None:
    other = make_anomaly(make_sensor(asset=anomaly.asset))
    merge(anomaly.pk, by=by(anomaly), into=other.pk)

    with refused("merged"):
        act(anomaly.pk, by=by(anomaly))


def test_acknowledging_is_a_fact_of_its_own(anomaly: Anomaly) -> None:
    heard_of = []
    acknowledged.connect(listener := lambda *, anomalies, **_: heard_of.extend(anomalies))

    done = acknowledge(anomaly.pk, by=by(anomaly), note="On my way")

    acknowledged.disconnect(listener)
    assert (done.status, done.acknowledged_at) == ("ACTIVE_ACK", at(10))
    assert done.re_alarm_at == at(10) + timedelta(hours=24)
    assert last_row(done) == ("acknowledged", "erika", "On my way")
    assert heard_of == [anomaly.pk]
    with refused("already_acknowledged"):
        acknowledge(anomaly.pk, by=by(anomaly))


def test_an_acknowledgement_can_be_taken_back(anomaly: Anomaly) -> None:
    with refused("not_acknowledged"):
        unacknowledge(anomaly.pk, by=by(anomaly))
    acknowledge(anomaly.pk, by=by(anomaly))

    done = unacknowledge(anomaly.pk, by=by(anomaly))

    assert (done.status, done.re_alarm_at) == ("ACTIVE_UNACK", None)


def test_what_is_over_is_acknowledged_for_good() -> None:
    over = record(make_sensor(), [2.5, *CALM])

    done = acknowledge(over.pk, by=by(over))

    assert (done.status, done.re_alarm_at) == ("CLEARED_ACK", None)


def test_clearing_ends_it_and_the_next_reading_beyond_opens_the_next(anomaly: Anomaly) -> None:
    with heard() as told:
        done = clear(anomaly.pk, by=by(anomaly), reason="The valve was shut")
    again = record(anomaly.sensor, [2.5], start=11)

    assert (done.status, done.ended_at) == ("CLEARED_UNACK", at(10))
    assert "The valve was shut" in done.symptoms.get().evidence["given_up"]
    assert last_row(done) == ("cleared", "erika", "The valve was shut")
    assert words_of(told) == ["cleared"]
    assert again.pk != done.pk
    with refused("not_active"):
        clear(anomaly.pk, by=by(anomaly), reason="Again")


def test_it_is_given_to_those_who_may_work_there(anomaly: Anomaly) -> None:
    site = anomaly.asset.site
    technician = make_member(site, role="technician")
    for other in (make_member(site, role="viewer"), make_member(make_site()), make_user()):
        with refused("cannot_work_here"):
            assign(anomaly.pk, by=by(anomaly), to=other)

    done = assign(anomaly.pk, by=by(anomaly), to=technician, note="Please look")

    assert done.assigned_to == technician
    assert last_row(done) == ("assigned", "erika", f"to {technician}: Please look")
    assert assign(anomaly.pk, by=by(anomaly), to=None).assigned_to is None


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (at(10), "until_in_the_past"),
        (at(9), "until_in_the_past"),
        (at(10) + timedelta(days=7, seconds=1), "shelved_too_long"),
    ],
)
def test_the_shelf_is_for_seven_days_at_most(until: Any, code: str, anomaly: Anomaly) -> None:
    with pytest.raises(InvalidError) as refusal:
        shelve(anomaly.pk, by=by(anomaly), until=until, reason="Known")

    assert (refusal.value.code, refusal.value.status) == (code, 400)


def test_shelving_takes_until_reason_and_author(anomaly: Anomaly) -> None:
    week = at(10) + timedelta(days=7)
    with refused("reason_required"):
        shelve(anomaly.pk, by=by(anomaly), until=week, reason=" ")

    done = shelve(anomaly.pk, by=by(anomaly), until=week, reason="Known")

    assert (done.suppression, done.shelved_until, done.shelved_by) == ("shelved", week, "erika")
    assert last_row(done)[2] == "until 2026-06-08 12:10 UTC: Known"


def test_only_what_is_on_the_shelf_is_taken_off(anomaly: Anomaly) -> None:
    with refused("not_shelved"):
        unshelve(anomaly.pk, by=by(anomaly))


def test_the_last_verdict_counts_and_the_others_are_on_record(anomaly: Anomaly) -> None:
    give_verdict(anomaly.pk, by=by(anomaly), verdict="confirmed")
    done = give_verdict(
        anomaly.pk, by=by(anomaly, name="otto"), verdict="sensor_fault", note="Loose wire"
    )

    assert (done.verdict, done.verdict_by, done.verdict_note) == (
        "sensor_fault",
        "otto",
        "Loose wire",
    )
    assert done.verdict_at == at(10)
    assert last_row(done)[2] == "Sensor fault instead of confirmed: Loose wire"
    with refused("unknown_verdict"):
        give_verdict(anomaly.pk, by=by(anomaly), verdict="maybe")


def test_merging_points_at_the_other_and_leaves_the_evidence(anomaly: Anomaly) -> None:
    other = record(make_sensor(asset=anomaly.asset), [1.2])
    decide_undecided()

    done = merge(anomaly.pk, by=by(anomaly), into=other.pk, note="Same leak")

    assert (done.merged_into, done.verdict, done.symptoms.count()) == (other, "duplicate", 1)
    assert last_row(done) == ("merged", "erika", f"into {other.pk}. Same leak")
    assert last_row(other) == ("took_in", "erika", f"{done.pk}. Same leak")


def test_what_was_merged_keeps_quiet_and_its_worsening_is_decided_with_the_other(
    anomaly: Anomaly,
) -> None:
    other = record(make_sensor(asset=anomaly.asset), [1.2])
    decide_undecided()
    merge(anomaly.pk, by=by(anomaly), into=other.pk)

    with heard() as told:
        record(anomaly.sensor, [3.5], start=1)

    assert told == []
    pending = {a.pk: a.decision_pending for a in Anomaly.objects.all()}
    assert pending == {anomaly.pk: False, other.pk: True}


def test_those_merged_before_go_along(anomaly: Anomaly) -> None:
    first, last = (make_anomaly(make_sensor(asset=anomaly.asset)) for _ in range(2))
    merge(first.pk, by=by(anomaly), into=anomaly.pk)

    merge(anomaly.pk, by=by(anomaly), into=last.pk)

    assert set(last.merged.all()) == {first, anomaly}


def test_merging_has_its_limits(anomaly: Anomaly) -> None:
    with refused("into_itself"):
        merge(anomaly.pk, by=by(anomaly), into=anomaly.pk)
    with refused("unknown_anomaly"):
        merge(anomaly.pk, by=by(anomaly), into=anomaly.pk + 1_000)
    with refused("other_asset"):
        elsewhere = make_anomaly(make_sensor(site=anomaly.asset.site))
        merge(anomaly.pk, by=by(anomaly), into=elsewhere.pk)


def test_an_order_is_proposed_because_of_one_anomaly(anomaly: Anomaly) -> None:
    with told() as events:
        order = create_work_order(anomaly.pk, by=by(anomaly), note="It smells")

    anomaly.refresh_from_db()
    assert (anomaly.work_order, anomaly.decision_pending) == (order, False)
    assert (order.state, order.origin, order.requested_by) == ("proposed", "predictive", "erika")
    assert order.priority == policy.priority(2, policy.Severity.HIGH)
    assert order.description.startswith("It smells\n")
    assert events == [("proposed", order.pk, "")]
    assert last_row(anomaly) == ("ordered", "erika", f"{order.number}. It smells")
    with refused("has_open_order"):
        create_work_order(anomaly.pk, by=by(anomaly))


def test_one_whose_order_was_closed_may_have_another(anomaly: Anomaly) -> None:
    order = create_work_order(anomaly.pk, by=by(anomaly))
    WorkOrder.objects.filter(pk=order.pk).update(state="closed")

    assert create_work_order(anomaly.pk, by=by(anomaly)).pk != order.pk


def test_the_asset_has_one_such_order_open_at_most(anomaly: Anomaly) -> None:
    mode = FailureCode.objects.get(code="OHE", asset_type=None)
    make_work_order(asset=anomaly.asset, suspected_mode=mode)

    with refused("asset_has_open_order"):
        create_work_order(anomaly.pk, by=by(anomaly))

    assert WorkOrder.objects.count() == 1


def test_what_points_to_another_failure_may_have_an_order_beside_it(anomaly: Anomaly) -> None:
    mode = FailureCode.objects.get(code="VIB", asset_type=None)
    make_work_order(asset=anomaly.asset, suspected_mode=mode)

    assert create_work_order(anomaly.pk, by=by(anomaly)).suspected_mode != mode
