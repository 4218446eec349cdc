"""Which reason to keep quiet comes first, and when does each hold?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from maintenance.anomalies.precedence import PRECEDENCE, Alarm, Window, Work, reasons
from maintenance.models import Anomaly
from tests.factories import NOON

HOUR = timedelta(hours=1)
SITE, PLANT, PUMP, SEAL, OTHER = 1, 10, 11, 12, 20
ALARM = Alarm(SITE, (SEAL, PUMP, PLANT), started_at=NOON, moment=NOON + HOUR, severity=2)
SHELVED = replace(ALARM, shelved_until=NOON + 2 * HOUR)
WINDOW = Window(SITE, PUMP, NOON, NOON + 2 * HOUR)
WORK = Work(SEAL, NOON - HOUR)
PARENT = Alarm(SITE, (PUMP, PLANT), started_at=NOON - HOUR, moment=NOON + HOUR, severity=3)


def why(alarm=ALARM, *, window=None, work=None, parent=None) -> str:
    [reason] = reasons(
        [alarm],
        [window] if window else [],
        [work] if work else [],
        [parent] if parent else [],
    )
    return reason


def test_the_order_is_that_of_the_model() -> None:
    assert tuple(Anomaly.Suppression.values) == PRECEDENCE


@pytest.mark.parametrize("holds", list(product([True, False], repeat=4)))
def test_the_first_that_holds_is_given(holds: tuple[bool, ...]) -> None:
    shelved, window, parent, work = holds

    reason = why(
        SHELVED if shelved else ALARM,
        window=WINDOW if window else None,
        work=WORK if work else None,
        parent=PARENT if parent else None,
    )

    assert reason == next((name for name, on in zip(PRECEDENCE, holds, strict=True) if on), "")


@pytest.mark.parametrize(
    ("until", "holds"), [(NOON, False), (NOON + HOUR, False), (NOON + 1.1 * HOUR, True)]
)
def test_a_shelf_holds_up_to_its_moment(until, holds) -> None:
    assert why(replace(ALARM, shelved_until=until)) == ("shelved" if holds else "")


@pytest.mark.parametrize(
    ("window", "holds"),
    [
        (WINDOW, True),
        (replace(WINDOW, asset=SEAL), True),
        (replace(WINDOW, asset=PLANT), True),
        (replace(WINDOW, asset=OTHER), False),
        (replace(WINDOW, asset=None), True),
        (replace(WINDOW, asset=None, site=2), False),
        (replace(WINDOW, end=NOON + HOUR), False),
        (replace(WINDOW, start=NOON + HOUR), True),
        (replace(WINDOW, start=NOON + 1.5 * HOUR), False),
    ],
)
def test_a_window_holds_for_an_asset_and_its_parts_while_it_lasts(window, holds) -> None:
    assert why(window=window) == ("window" if holds else "")


@pytest.mark.parametrize(
    ("work", "holds"),
    [
        (WORK, True),
        (replace(WORK, started_at=NOON), True),
        (replace(WORK, started_at=NOON + HOUR), False),
        (replace(WORK, asset=PUMP), False),
    ],
)
def test_work_holds_for_what_begins_while_it_goes_on_on_the_same_asset(work, holds) -> None:
    assert why(work=work) == ("order" if holds else "")


@pytest.mark.parametrize(
    ("parent", "holds"),
    [
        (PARENT, True),
        (replace(PARENT, lineage=(PLANT,)), True),
        (replace(PARENT, lineage=(SEAL, PUMP, PLANT)), False),
        (replace(PARENT, lineage=(OTHER,)), False),
        (replace(PARENT, started_at=NOON), True),
        (replace(PARENT, started_at=NOON + HOUR), False),
        (replace(PARENT, severity=2), True),
        (replace(PARENT, severity=1), False),
        (replace(PARENT, raises=False), False),
    ],
)
def test_a_parent_holds_if_it_was_there_first_and_is_as_bad(parent, holds) -> None:
    assert why(parent=parent) == ("parent" if holds else "")


def test_who_is_not_heard_cannot_stand_for_others() -> None:
    shelved = replace(PARENT, shelved_until=NOON + 2 * HOUR)

    assert reasons([ALARM, shelved], [], [], []) == ["", "shelved"]
    assert reasons([ALARM, PARENT], [], [], []) == ["parent", ""]


def test_one_at_the_top_stands_for_all_below() -> None:
    top = replace(PARENT, lineage=(PLANT,))

    assert reasons([ALARM, PARENT, top], [], [], []) == ["parent", "parent", ""]
