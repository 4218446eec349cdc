"""How good it is to do a job at a time by a person. Pure: no database, no clock.

Everything is weighed in one unit, hours of lateness of a P4 order, so that what is traded
for what can be said:

- an hour after the due date costs 8, 4, 2 or 1, by priority P1 to P4;
- each hour until it is done costs a hundredth of that, so that sooner is better and what
  is urgent comes first;
- each level above the one asked for costs an hour, so that experts stay free for what only
  they can do;
- a technician whose next fourteen days are wholly booked costs 8 hours more than an idle
  one. They are the same days for each place, so that nothing is put off to look less busy;
- to move what people have been told of costs 4 hours.

A weighted sum, and not rules one after the other, because a slot that is five minutes later
and leaves the expert free is better for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maintenance.scheduling.diaries import Diary, Parts
from maintenance.scheduling.spans import Span

WEIGHTS = {"P1": 8.0, "P2": 4.0, "P3": 2.0, "P4": 1.0}
WAITING = 0.01
SURPLUS = 1.0
LOAD = 8.0
BALANCED_OVER = timedelta(days=14)
CHANGE = 4.0
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Who does it when."""

    worker_id: int
    parts: Parts

    @property
    def start(self) -> datetime:
        return self.parts[0].span.start

    @property
    def end(self) -> datetime:
        return self.parts[-1].span.end

    @property
    def work(self) -> timedelta:
        return sum((part.work for part in self.parts), timedelta())


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked of a planner: `skills` are levels by code. `stands` is where it stands
    booked now; `worker_ids` narrows who may do it."""

    id: int
    name: str
    priority: str
    due: datetime
    work: timedelta
    skills: Mapping[str, int] = field(default_factory=dict)
    stands: Place | None = None
    worker_ids: frozenset[int] | None = None

    @property
    def weight(self) -> float:
        return WEIGHTS[self.priority]


@dataclass(slots=True)
class Worker:
    id: int
    name: str
    skills: Mapping[str, int]
    diary: Diary

    def lacks(self, job: Job) -> list[str]:
        """What the job asks for and this worker cannot do, in words."""
        return [
            f"{code} from level {level}, has {self.skills.get(code, 'none')}"
            for code, level in job.skills.items()
            if self.skills.get(code, 0) < level
        ]


@dataclass(frozen=True, slots=True)
class Costs:
    """The parts of what a place costs, in hours of lateness of a P4 order."""

    lateness: float
    waiting: float
    surplus: float
    load: float
    change: float = 0.0

    @property
    def total(self) -> float:
        return self.lateness + self.waiting + self.surplus + self.load + self.change


@dataclass(frozen=True, slots=True)
class Offer:
    """A place, what it costs, and the figures behind that."""

    worker: Worker
    place: Place
    costs: Costs
    late: timedelta
    load: float
    surplus: int

    @property
    def rank(self) -> tuple[float, datetime, int]:
        """Equal costs are decided by time and then by id, so that plans repeat."""
        return (round(self.costs.total, 6), self.place.end, self.worker.id)


def weighed(job: Job, worker: Worker, parts: Parts, now: datetime) -> Offer:
    """What it costs to have the worker do the job in these parts."""
    place = Place(worker.id, parts)
    late = max(place.end - job.due, timedelta())
    surplus = sum(worker.skills[code] - level for code, level in job.skills.items())
    load = worker.diary.load(Span(now, now + BALANCED_OVER))
    costs = Costs(
        lateness=job.weight * (late / HOUR),
        waiting=job.weight * WAITING * (max(place.end - now, timedelta()) / HOUR),
        surplus=SURPLUS * surplus,
        load=LOAD * load,
        change=CHANGE if job.stands and job.stands != place else 0.0,
    )
    return Offer(worker, place, costs, late, load, surplus)
