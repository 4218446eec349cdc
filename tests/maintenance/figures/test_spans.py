from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.figures.spans import clipped, hours, union
from tests.factories import NOON
from tests.maintenance.figures.made import at

MOMENTS = st.integers(0, 500).map(lambda minutes: NOON + timedelta(minutes=minutes))
SPANS = st.lists(st.tuples(MOMENTS, MOMENTS).map(lambda pair: (min(pair), max(pair))))


@pytest.mark.parametrize(
    ("spans", "joined", "together"),
    [
        ([], [], 0),
        ([(0, 2)], [(0, 2)], 2),
        ([(0, 2), (2, 3)], [(0, 3)], 3),
        ([(4, 5), (0, 2), (1, 3)], [(0, 3), (4, 5)], 4),
        ([(0, 10), (2, 3)], [(0, 10)], 10),
    ],
)
def test_what_two_spans_cover_counts_once(spans, joined, together) -> None:
    given = [(at(start), at(end)) for start, end in spans]

    assert union(given) == [(at(start), at(end)) for start, end in joined]
    assert hours(given) == together


def test_what_lies_outside_is_cut_off() -> None:
    spans = [(at(-2), at(1)), (at(3), at(9)), (at(6), at(7)), (at(-3), at(0))]

    assert clipped(spans, (at(0), at(5))) == [(at(0), at(1)), (at(3), at(5))]


@given(SPANS)
def test_a_union_covers_the_same_minutes_in_disjoint_spans(spans) -> None:
    joined = union(spans)

    minutes = {m for s, e in spans for m in range(_minute(s), _minute(e))}
    assert {m for s, e in joined for m in range(_minute(s), _minute(e))} == minutes
    assert all(early[1] < late[0] for early, late in itertools.pairwise(joined))
    assert hours(spans) * 60 == pytest.approx(len(minutes))


def _minute(moment) -> int:
    return int((moment - NOON).total_seconds() // 60)
