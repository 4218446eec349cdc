"""Who could do a job when, best first. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maintenance.scheduling.scoring import Job, Offer, Place, Worker, weighed

# Places after the due date are looked at up to so many; each is later than the one before.
LATE_PLACES = 1
# The first places cost least to wait for; later ones only win by load.
MOST_PLACES = 6


@dataclass(frozen=True, slots=True)
class Market:
    """What there is for a job: offers best first, and why others make none."""

    offers: Sequence[Offer]
    unskilled: dict[str, list[str]]
    without_time: list[str]

    @property
    def best(self) -> Offer | None:
        return self.offers[0] if self.offers else None


def market(
    job: Job,
    workers: Sequence[Worker],
    *,
    now: datetime,
    start: datetime,
    exactly: bool = False,
) -> Market:
    """All offers for a job from `start` on, or with `exactly` at `start` only."""
    offers: list[Offer] = []
    unskilled: dict[str, list[str]] = {}
    without_time = []
    for worker in workers:
        if job.worker_ids is not None and worker.id not in job.worker_ids:
            continue
        if lacks := worker.lacks(job):
            unskilled[worker.name] = lacks
            continue
        if exactly:
            parts = worker.diary.at(job.work, start)
            found = [weighed(job, worker, parts, now)] if parts else []
        else:
            found = list(_offers_of(worker, job, now, start))
        offers += found
        if not found:
            without_time.append(worker.name)
    return Market(sorted(offers, key=lambda offer: offer.rank), unskilled, without_time)


def _offers_of(worker: Worker, job: Job, now: datetime, start: datetime) -> Iterator[Offer]:
    """The places of a worker, one a free window. What stands now is one of them."""
    stands = job.stands
    if stands and _still_stands(stands, worker, job, now):
        yield weighed(job, worker, stands.parts, now)
    late = 0
    for count, parts in enumerate(worker.diary.offers(job.work, start)):
        offer = weighed(job, worker, parts, now)
        yield offer
        late += offer.late > timedelta()
        if late >= LATE_PLACES or count + 1 >= MOST_PLACES:
            return


def _still_stands(stands: Place, worker: Worker, job: Job, now: datetime) -> bool:
    """Whether what is booked is ahead, long enough, and free but for this job."""
    theirs = stands.worker_id == worker.id and stands.start >= now
    return theirs and stands.work == job.work and worker.diary.holds(stands.parts)
