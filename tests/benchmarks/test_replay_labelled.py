"""What the comparison of labels and episodes counts, on made-up ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from benchmarks.replay_labelled import Episode, Stretch, compare, labelled, outside_seconds

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def rows(marks: str) -> list[tuple[datetime, bool]]:
    return [(at(i), mark == "1") for i, mark in enumerate(marks)]


def test_stretches_are_labelled_rows_without_a_break():
    assert labelled(rows("0110111")) == [Stretch(at(1), at(2)), Stretch(at(4), at(6))]
    assert labelled(rows("000")) == []
    assert outside_seconds(rows("0110111")) == 3


def test_an_episode_that_begins_in_a_stretch_sees_it_with_a_delay():
    result = compare([Stretch(at(10), at(20))], [Episode(at(13), None), Episode(at(20), None)])

    assert result["labelled"][0]["seen"]
    assert result["labelled"][0]["delay_seconds"] == 3
    assert result["episodes_begun_outside_labels"] == 0


def test_an_episode_that_began_before_is_told_apart_and_counts_as_outside():
    result = compare([Stretch(at(10), at(20))], [Episode(at(5), None), Episode(at(1), at(2))])

    assert result["labelled"] == [
        {"seconds": 10, "seen": False, "delay_seconds": None, "already_open": True}
    ]
    assert (result["episodes"], result["episodes_begun_outside_labels"]) == (2, 2)
