"""A file sent as if it were measured now: exact gaps, no reading ahead of the clock."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from agents import nudge
from maintenance.models import Anomaly
from sensors.csv.columns import Parsed
from sensors.intake.decoding import ReadingIn
from sensors.management.commands.import_readings import Command
from sensors.models import Reading, ReadingBatch, Sensor
from sensors.sample.replay import Clock, NotInOrderError, Pace, Span, posts, span_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
START = datetime(2020, 3, 9, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class FakeTime:
    """A clock that stands still but for waiting; the agents work while one waits."""

    def __init__(self, *, agents: bool = False) -> None:
        self.moment = NOW
        self.agents = agents

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        if self.agents:
            nudge.start_runs()

    def clock(self) -> Clock:
        return Clock(now=lambda: self.moment, sleep=self.sleep)


def lines(offsets: list[timedelta]) -> list[Parsed]:
    return [
        Parsed(i, [ReadingIn("A", float(i), START + offset)]) for i, offset in enumerate(offsets)
    ]


@given(
    offsets=st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), min_size=1).map(sorted),
    speed=st.floats(1, 10_000),
)
def test_gaps_stay_exact_and_nothing_is_sent_from_the_future(offsets, speed):
    span = span_of(lines(offsets))
    assert span
    pace = Pace(span, speed, NOW)

    sent = list(posts(lines(offsets), pace, every=SECOND, most=10))

    times = [r.timestamp for post in sent for r in post.readings if r.timestamp]
    assert [t - times[0] for t in times] == [o - offsets[0] for o in offsets]
    assert all(r.timestamp <= post.due for post in sent for r in post.readings if r.timestamp)
    assert [post.due for post in sent] == sorted(post.due for post in sent)
    assert max(len(post.readings) for post in sent) <= 10
    # The last reading falls on the moment at which it is sent.
    assert times[-1] == NOW + (offsets[-1] - offsets[0]) / speed


def test_a_post_holds_a_second_of_the_wall_clock():
    offsets = [SECOND * i for i in range(120)]
    pace = Pace(Span(START, START + offsets[-1], 120), 10, NOW)

    sent = list(posts(lines(offsets), pace, every=SECOND, most=1_000))

    assert [len(post.readings) for post in sent] == [10] * 12
    assert sent[0].due == NOW + SECOND * 0.9


def test_a_file_out_of_order_cannot_be_played():
    with pytest.raises(NotInOrderError, match="Line 2 is earlier"):
        span_of(lines([SECOND, SECOND, timedelta(0)]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rows = [f"{START + SECOND * i:%Y-%m-%d %H:%M:%S};{i % 5};" for i in range(300)]
    rows[250:260] = [row.replace(";", ";1000", 1) for row in rows[250:260]]
    path = tmp_path / "data.csv"
    path.write_text("\n".join(["time;Flow;Level", *rows, "soon;1;1"]) + "\n")
    return path


@pytest.fixture
def agents_at_work(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTime]:
    fake = FakeTime(agents=True)
    monkeypatch.setattr(Command, "clock", fake.clock())
    yield fake


def test_a_file_goes_through_the_pipeline_as_if_it_were_now(site, path, agents_at_work):
    output = io.StringIO()
    call_command(
        *["import_readings", str(path), "--live", "--speed", "60"],
        *["--asset", "P-1", "--json"],
        stdout=output,
    )

    figures = json.loads(output.getvalue().splitlines()[-1])
    assert (figures["stored"], figures["posts"], figures["rejected"]) == (300, 5, 1)
    taken = list(Reading.objects.order_by("taken_at").values_list("taken_at", flat=True))
    assert [t - taken[0] for t in taken] == [SECOND * i for i in range(300)]
    assert taken[-1] == NOW + SECOND * 299 / 60
    assert datetime.fromisoformat(figures["last_at"]) == taken[-1]
    assert set(ReadingBatch.objects.values_list("mode", flat=True)) == {"live"}
    assert Sensor.objects.get(code="Flow").asset.tag == "P-1"
    # Seen live, and where it was in the file.
    assert Anomaly.objects.get().started_at == taken[250]


@pytest.mark.django_db
def test_without_a_worker_it_gives_up_waiting_but_the_posts_are_kept(site, path, monkeypatch):
    monkeypatch.setattr(Command, "clock", FakeTime().clock())

    with pytest.raises(CommandError, match=r"5 of 5 posts .* is a worker running"):
        call_command(
            *["import_readings", str(path), "--live", "--speed", "60", "--register"],
            *["--timeout", "3"],
        )

    assert ReadingBatch.objects.waiting().count() == 5


def test_a_file_without_readings_is_not_sent(site, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("time;A\nsoon;1\n")

    with pytest.raises(CommandError, match="None of the 1 lines"):
        call_command("import_readings", str(path), "--live")
