from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.episodes import (
    DEVIATION_RULES,
    LIMIT_RULES,
    LOOK_BACK,
    TAIL_RULES,
    Episode,
    Rules,
    Sighting,
    advance,
    openings,
)
from tests.factories import MINUTE, NOON


def seen(*scores: float, start: int = 0) -> list[Sighting]:
    """Sightings a minute apart, the first so many minutes after noon."""
    return [Sighting(NOON + MINUTE * (start + i), 10 * s, s) for i, s in enumerate(scores)]


def span(episode: Episode) -> tuple[int, int, int | None]:
    """Begin, last sight and end of an episode in minutes after noon."""
    ended = (episode.ended_at - NOON) // MINUTE if episode.ended_at else None
    return (
        (episode.started_at - NOON) // MINUTE,
        (episode.last_seen_at - NOON) // MINUTE,
        ended,
    )


@pytest.mark.parametrize(
    ("rules", "scores", "spans"),
    [
        (LIMIT_RULES, [], []),
        (LIMIT_RULES, [0, 0.99], []),
        (LIMIT_RULES, [0, 1.0], [(1, 1, None)]),
        (LIMIT_RULES, [2, 0, 2], [(0, 2, None)]),
        (LIMIT_RULES, [2, 0, 0, 0, 0], [(0, 0, None)]),
        (LIMIT_RULES, [2, 0, 0, 0, 0, 0], [(0, 0, 5)]),
        (LIMIT_RULES, [2, 0, 0, 0, 0.95, 0, 0], [(0, 0, None)]),
        (LIMIT_RULES, [2, 0, 0, 0, 0, 0, 2], [(0, 0, 5), (6, 6, None)]),
        (DEVIATION_RULES, [2, 2], []),
        (DEVIATION_RULES, [2, 2, 2], [(0, 2, None)]),
        (DEVIATION_RULES, [2, 0, 2, 0, 2], [(0, 4, None)]),
        (DEVIATION_RULES, [2, 0, 2, 0, 0, 2], []),
        (DEVIATION_RULES, [2, 2, 0, 0, 0, 2], []),
        (DEVIATION_RULES, [0, 3.0], [(1, 1, None)]),
        (DEVIATION_RULES, [0, 2.99], []),
    ],
)
def test_when_an_episode_begins_and_ends(
    rules: Rules, scores: list[float], spans: list[tuple[int, int, int | None]]
) -> None:
    assert [span(episode) for episode in advance(None, seen(*scores), rules)] == spans


def test_the_peak_is_the_highest_and_the_score_that_of_now() -> None:
    (episode,) = advance(None, seen(1, 3, 2, 0.5), LIMIT_RULES)

    assert episode.peak == seen(1, 3)[1]
    assert episode.score == 0.5


def test_an_open_episode_is_carried_on() -> None:
    (opened,) = advance(None, seen(1), LIMIT_RULES)

    (carried,) = advance(opened, seen(3, start=1), LIMIT_RULES)

    assert span(carried) == (0, 1, None)
    assert carried.peak.score == 3


def test_old_readings_alone_change_nothing() -> None:
    (opened,) = advance(None, seen(1), LIMIT_RULES)
    old = [replace(sighting, is_new=False) for sighting in seen(5, 5, 5)]

    assert advance(opened, old, LIMIT_RULES) == []
    assert advance(None, old, LIMIT_RULES) == []


def test_old_readings_count_for_what_comes_after() -> None:
    past = [replace(sighting, is_new=False) for sighting in seen(2, 2)]

    (episode,) = advance(None, [*past, *seen(2, start=2)], DEVIATION_RULES)

    assert span(episode) == (0, 2, None)


@pytest.mark.parametrize("score", [0.0, 1.0, 5.0])
def test_readings_that_come_late_do_not_touch_an_open_episode(score: float) -> None:
    (opened,) = advance(None, seen(1, start=10), LIMIT_RULES)

    assert advance(opened, seen(*[score] * 8, start=2), LIMIT_RULES) == []


def in_parts(scores: list[float], cuts: list[int], rules: Rules) -> list[Episode]:
    """The episodes when the readings come in parts, each with its look back."""
    sightings = seen(*scores)
    episodes: list[Episode] = []
    for start, end in zip([0, *cuts], [*cuts, len(scores)], strict=True):
        part = [
            replace(sighting, is_new=index >= start)
            for index, sighting in enumerate(sightings[:end])
        ][max(start - LOOK_BACK, 0) :]
        last = episodes[-1] if episodes and episodes[-1].ended_at is None else None
        changed = advance(last, part, rules)
        if last and changed:
            episodes.pop()
        episodes += changed
    return episodes


def facts(episodes: list[Episode]) -> list[Episode]:
    """The episodes without a mark that only says in which part the peak came."""
    return [replace(e, peak=replace(e.peak, is_new=True)) for e in episodes]


@given(
    st.lists(st.sampled_from([0.0, 0.95, 1.0, 2.0, 3.0]), max_size=25),
    st.data(),
    st.sampled_from([LIMIT_RULES, DEVIATION_RULES]),
)
def test_one_by_one_is_the_same_as_in_one_batch(
    scores: list[float], data: st.DataObject, rules: Rules
) -> None:
    whole = advance(None, seen(*scores), rules)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(scores)), max_size=3)))

    assert facts(in_parts(scores, list(range(1, len(scores))), rules)) == facts(whole)
    assert facts(in_parts(scores, cuts, rules)) == facts(whole)


DAILY = replace(LIMIT_RULES, calm_for=1, refractory=30 * MINUTE, much_worse=3.0)


@pytest.mark.parametrize(
    ("scores", "begins"),
    [
        ([1, 0, 1], [0]),
        ([1, 0, 2.9], [0]),
        ([1, 0, 3.0], [0, 2]),
        ([1, *[0] * 28, 1], [0]),
        ([1, *[0] * 29, 1], [0, 30]),
        # The time counts from the beginning: a long episode has used it up.
        ([*[1] * 30, 0, 1], [0, 31]),
        # After a worse one, much worse is worse than that.
        ([1, 0, 4, 0, 5], [0, 2]),
    ],
)
def test_after_an_episode_no_other_opens_for_a_while(
    scores: list[float], begins: list[int]
) -> None:
    episodes = advance(None, seen(*scores), DAILY)

    assert [span(episode)[0] for episode in episodes] == begins


def test_the_episode_before_is_remembered_between_batches() -> None:
    (ended,) = advance(None, seen(1, 0), DAILY)

    assert advance(None, seen(1, start=10), DAILY, previous=ended) == []
    assert advance(None, seen(1, start=30), DAILY, previous=ended)
    assert advance(None, seen(1, start=10), DAILY)


@given(
    st.lists(st.sampled_from([0.0, 0.95, 1.0, 2.0, 3.0, 9.0]), max_size=60),
    st.sampled_from([LIMIT_RULES, DEVIATION_RULES, TAIL_RULES, DAILY]),
)
def test_openings_of_an_array_are_those_of_the_episodes(scores: list[float], rules: Rules) -> None:
    micros = np.arange(len(scores)) * 60_000_000
    episodes = advance(None, seen(*scores), rules)

    rows = openings(micros, np.array(scores, dtype=float), rules)

    assert rows.size == len(episodes)
    for row, episode in zip(rows.tolist(), episodes, strict=True):
        started, last, _ = span(episode)
        assert started <= row <= last


def test_a_reading_without_a_score_is_not_seen() -> None:
    scores = np.array([np.nan, 2, np.nan, 2, np.nan, 2, 0])

    assert openings(np.arange(7), scores, DEVIATION_RULES).tolist() == [5]
