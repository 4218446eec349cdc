from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.policy import Severity
from mlops.health.index import (
    CONDITIONS,
    Kind,
    Maker,
    health,
    of_anomaly,
    of_data,
    of_learning,
    of_overdue,
    of_remaining_life,
    of_time_to_limit,
)

WEARS = st.floats(0, 1)
MAKERS = st.builds(Maker, st.sampled_from(Kind), WEARS, st.sampled_from(["a", "b", "c"]))
KNOWN = st.builds(Maker, st.sampled_from(sorted(CONDITIONS)), WEARS, st.just("known"))


def index(makers: list[Maker]) -> float:
    result = health(makers).index
    assert result is not None
    return result


def test_nothing_known_is_unknown_and_not_healthy() -> None:
    assert health([]).index is None
    assert not health([]).is_known


def test_overdue_work_and_bad_readings_alone_do_not_make_it_known() -> None:
    result = health([of_overdue(90, "WO-1"), of_data(0.1)])

    assert result.index is None
    assert [each.points for each in result.taken] == [0.0, 0.0]


def test_known_to_be_well_is_a_hundred() -> None:
    assert health([*of_learning([True, False]), of_time_to_limit(None, 0.1, "T1")]).index == 100


def test_sensors_that_all_still_learn_say_nothing() -> None:
    assert of_learning([False, False]) == []
    assert of_learning([]) == []


def test_the_worst_counts_in_full_and_the_others_a_quarter() -> None:
    makers = [Maker(Kind.LIMIT, 0.4, "limit"), Maker(Kind.DATA, 0.2, "data")]

    result = health(makers)

    assert result.index == pytest.approx(100 * 0.6 * 0.95)
    assert [each.maker for each in result.taken] == makers
    assert [each.points for each in result.taken] == pytest.approx([40.0, 3.0])


@given(st.lists(MAKERS, max_size=8), KNOWN)
def test_it_stays_within_its_bounds_and_below_its_worst_maker(
    makers: list[Maker], known: Maker
) -> None:
    result = index([*makers, known])

    worst = max(maker.wear for maker in [*makers, known])
    assert 0 <= result <= 100 * (1 - worst) + 1e-9


@given(st.lists(MAKERS, max_size=8), KNOWN)
def test_what_was_taken_adds_up_to_what_is_missing(makers: list[Maker], known: Maker) -> None:
    result = health([*makers, known])

    assert sum(each.points for each in result.taken) == pytest.approx(100 - (result.index or 0))
    assert len(result.taken) == len(makers) + 1
    wears = [each.maker.wear for each in result.taken]
    assert wears == sorted(wears, reverse=True)


@given(
    st.lists(MAKERS, max_size=8).flatmap(
        lambda each: st.tuples(st.just(each), st.permutations(each))
    )
)
def test_the_order_of_makers_does_not_matter(both: tuple[list[Maker], list[Maker]]) -> None:
    first, second = both

    assert health(first) == health(second)


@given(st.lists(MAKERS, max_size=8), KNOWN, WEARS)
def test_more_wear_never_raises_it(makers: list[Maker], known: Maker, wear: float) -> None:
    better, worse = sorted([known.wear, wear])

    healthy = index([*makers, Maker(known.kind, better, known.reason)])
    worn = index([*makers, Maker(known.kind, worse, known.reason)])

    assert worn <= healthy + 1e-9


@given(st.lists(MAKERS, max_size=8), KNOWN, MAKERS)
def test_one_more_maker_never_raises_it(makers: list[Maker], known: Maker, more: Maker) -> None:
    assert index([*makers, known, more]) <= index([*makers, known]) + 1e-9


@pytest.mark.parametrize("wear", [-0.01, 1.01, float("nan")])
def test_wear_out_of_bounds_is_refused(wear: float) -> None:
    with pytest.raises(ValueError, match="wear"):
        Maker(Kind.LIMIT, wear, "impossible")


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_higher_score_and_a_worse_severity_wear_more(first: float, second: float) -> None:
    low, high = sorted([first, second])

    for severity in Severity:
        wears = [of_anomaly(severity, score, "deviation", "T1").wear for score in (low, high)]
        assert wears[0] <= wears[1]
    by_severity = [of_anomaly(severity, low, "deviation", "T1").wear for severity in Severity]
    assert by_severity == sorted(by_severity)


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_a_nearer_limit_and_later_work_wear_more(first: float, second: float) -> None:
    low, high = sorted([first, second])

    assert of_time_to_limit(low, 1.0, "T1").wear >= of_time_to_limit(high, 1.0, "T1").wear
    assert of_overdue(low, "WO-1").wear <= of_overdue(high, "WO-1").wear


@given(st.floats(0, 1), st.floats(0, 1))
def test_less_life_less_good_readings_and_a_greater_chance_wear_more(
    first: float, second: float
) -> None:
    low, high = sorted([first, second])

    assert of_remaining_life(low, "").wear >= of_remaining_life(high, "").wear
    assert of_data(low).wear >= of_data(high).wear
    assert of_time_to_limit(3, low, "T1").wear <= of_time_to_limit(3, high, "T1").wear


@pytest.mark.parametrize(
    ("maker", "wear"),
    [
        (of_time_to_limit(0, 1.0, "T1"), 1.0),
        (of_time_to_limit(7, 1.0, "T1"), 0.5),
        (of_time_to_limit(7, 0.5, "T1"), 0.25),
        (of_time_to_limit(None, 0.4, "T1"), 0.0),
        (of_remaining_life(0.0, ""), 1.0),
        (of_remaining_life(1.3, ""), 0.0),
        (of_overdue(-4, "WO-1"), 0.0),
        (of_overdue(30, "WO-1"), 0.25),
        (of_data(1.0), 0.0),
        (of_data(0.0), 0.3),
        (of_anomaly(Severity.CRITICAL, 1.0, "deviation", "T1"), 0.7),
        (of_anomaly(Severity.CRITICAL, 1.0, "stuck", "T1"), 0.35),
        (of_anomaly(Severity.LOW, 2.0, "deviation", "T1"), 0.1),
    ],
    ids=lambda each: each.reason if isinstance(each, Maker) else "",
)
def test_each_maker_has_its_wear(maker: Maker, wear: float) -> None:
    assert maker.wear == pytest.approx(wear)


def test_reasons_are_words_for_people() -> None:
    reasons: list[Any] = [
        of_anomaly(Severity.HIGH, 2.5, "deviation", "T1").reason,
        of_time_to_limit(3.25, 0.9, "T1").reason,
        of_remaining_life(0.4, "40 hours left").reason,
        of_overdue(12, "WO-1").reason,
        of_data(0.875).reason,
    ]

    assert reasons == [
        "high deviation of T1, score 2.5",
        "T1 reaches its limit in 3.25 days",
        "40 hours left",
        "WO-1 is 12 days overdue",
        "88% of its readings are good",
    ]
