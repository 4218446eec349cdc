from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from mlops.backtesting.judging import Judgement, Labelled, judged
from tests.factories import MINUTE, NOON

HOUR = 60 * MINUTE
PUMP, FAN = 1, 2  # Assets; the sensors 10 and 11 are on the pump.


@dataclass(frozen=True)
class Alarm:
    started_at: datetime
    ended_at: datetime | None
    sensor_id: int | None = 10
    asset_id: int = PUMP


def alarm(start: float, end: float | None, **fields: Any) -> Alarm:
    """From and to some hours after noon."""
    return Alarm(NOON + start * HOUR, None if end is None else NOON + end * HOUR, **fields)


def fault(start: float, end: float, **fields: Any) -> Labelled:
    where: dict[str, Any] = {} if "asset_id" in fields else {"sensor_id": 10}
    return Labelled(NOON + start * HOUR, NOON + end * HOUR, **{"is_fault": True} | where | fields)


def test_without_labels_nothing_is_said() -> None:
    assert judged([alarm(1, 2)], []) == Judgement(None, None, None, None, None, None)


def test_one_right_one_wrong_and_one_missed() -> None:
    labels = [fault(2, 3), fault(8, 9)]

    found = judged([alarm(1.5, 2.5), alarm(5, 6)], labels)

    assert found == Judgement(
        precision=0.5, recall=0.5, lead_seconds=1800.0, faults=2, found=1, unjudged=1
    )


def test_two_alarms_within_one_fault_are_both_right_and_find_it_once() -> None:
    found = judged([alarm(2.25, 2.5), alarm(2.75, 4)], [fault(2, 3)])

    assert (found.precision, found.recall, found.found) == (1.0, 1.0, 1)
    assert found.lead_seconds == -900.0  # By the first of them, a quarter of an hour late.


def test_no_alarm_is_no_precision_and_no_recall() -> None:
    found = judged([], [fault(2, 3)])

    assert (found.precision, found.recall, found.lead_seconds) == (None, 0.0, None)


def test_without_faults_there_is_nothing_to_recall() -> None:
    found = judged([alarm(1, 2)], [fault(1, 2, is_fault=False)])

    assert (found.precision, found.recall, found.unjudged) == (0.0, None, 0)


def test_an_alarm_that_has_not_ended_goes_on() -> None:
    assert judged([alarm(1, None)], [fault(5, 6)]).recall == 1.0
    assert judged([alarm(7, None)], [fault(5, 6)]).recall == 0.0


@pytest.mark.parametrize(("end", "met"), [(2.0, True), (2.0 - 1e-6, False)])
def test_an_alarm_that_ends_as_the_fault_begins_meets_it(end: float, met: bool) -> None:
    assert fault(2, 3).meets(alarm(1, end)) is met


def test_a_fault_of_an_asset_is_found_by_any_of_its_sensors() -> None:
    of_pump = fault(2, 3, asset_id=PUMP)

    assert of_pump.meets(alarm(2, 3, sensor_id=11))
    assert not of_pump.meets(alarm(2, 3, sensor_id=20, asset_id=FAN))
    assert not fault(2, 3).meets(alarm(2, 3, sensor_id=11))


def test_lead_is_to_when_people_knew() -> None:
    noticed = fault(2, 3, noticed_at=NOON + 4 * HOUR)

    assert judged([alarm(1, 3)], [noticed]).lead_seconds == 3 * 3600


def test_lead_is_the_median_over_the_faults_found() -> None:
    labels = [fault(10, 11), fault(20, 21), fault(30, 31), fault(40, 41)]

    found = judged([alarm(9, 10), alarm(18, 20), alarm(24, 30)], labels)

    assert found.lead_seconds == timedelta(hours=2).total_seconds()


def test_a_label_has_one_place_and_goes_forwards() -> None:
    with pytest.raises(ValueError, match="sensor or of an asset"):
        Labelled(NOON, NOON + HOUR, is_fault=True)
    with pytest.raises(ValueError, match="sensor or of an asset"):
        fault(1, 2, asset_id=PUMP, sensor_id=10)
    with pytest.raises(ValueError, match="ends before"):
        fault(2, 1)


def test_an_alarm_of_an_asset_is_held_against_what_was_said_of_the_asset() -> None:
    together = [alarm(1, 2, sensor_id=None)]

    assert judged(together, [fault(1, 2, asset_id=PUMP)]).recall == 1.0
    assert judged(together, [fault(1, 2, asset_id=FAN)]).recall == 0.0
    assert judged(together, [fault(1, 2)]).recall == 0.0
