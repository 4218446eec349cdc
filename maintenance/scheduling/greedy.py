"""Many jobs placed one after the other, then the costliest placed again. Pure.

The most urgent go first, by the apparent tardiness cost of Vepsalainen and Morton: the weight
of a job over its length, which fades with the time that is left. Each takes the place that
costs least. Then, for a bounded number of rounds, some of the jobs that are late and others
at random are taken out and put back in another order; what costs less stays (iterated greedy,
Ruiz and Stützle). The random numbers have a fixed seed, so the same question twice has the
same answer.

References: Vepsalainen, Morton (1987), Management Science 33(8); Ruiz, Stützle (2007),
European Journal of Operational Research 177(3).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maintenance.scheduling.offers import Market, market
from maintenance.scheduling.scoring import HOUR, Job, Offer, Worker

Progress = Callable[[float], None]
# What it costs to leave a job out: more than any lateness that is worth a place.
LEFT_OUT = 100_000.0
TAKEN_OUT = 12
# Time left, in mean lengths of jobs, after which urgency has faded to a third.
FADING = 8.0


@dataclass(slots=True)
class Placed:
    """A job, the offer that it took (None if there was none), and what there was then."""

    job: Job
    offer: Offer | None
    market: Market

    @property
    def cost(self) -> float:
        """Without load, which depends on the order in which jobs were placed."""
        if self.offer is None:
            return LEFT_OUT
        return self.offer.costs.total - self.offer.costs.load


def plan(
    jobs: Sequence[Job],
    workers: Sequence[Worker],
    *,
    now: datetime,
    start: datetime,
    rounds: int = 0,
    progress: Progress = lambda share: None,
) -> list[Placed]:
    """Place all jobs from `start` on; the diaries of the workers hold them afterwards."""
    by_id = {worker.id: worker for worker in workers}
    steps = len(jobs) + rounds * min(TAKEN_OUT, len(jobs)) or 1
    placed: dict[int, Placed] = {}
    for done, job in enumerate(in_order(jobs, now)):
        placed[job.id] = _place(job, workers, now, start)
        progress(done / steps)
    chance = random.Random(len(jobs))
    for round_ in range(rounds):
        progress((len(jobs) + round_ * TAKEN_OUT) / steps)
        _try_again(placed, by_id, chance, now, start)
    return [placed[job.id] for job in jobs]


def in_order(jobs: Iterable[Job], now: datetime) -> list[Job]:
    """The most urgent first."""
    jobs = list(jobs)
    mean = sum((job.work for job in jobs), timedelta()) / max(len(jobs), 1) / HOUR or 1.0

    def urgency(job: Job) -> float:
        hours = max(job.work / HOUR, 0.1)
        slack = max((job.due - now - job.work) / HOUR, 0.0)
        return math.log(job.weight / hours) - slack / (FADING * mean)

    return sorted(jobs, key=lambda job: (-urgency(job), job.due, job.id))


def total_cost(placed: Iterable[Placed]) -> float:
    return sum(one.cost for one in placed)


def _place(job: Job, workers: Sequence[Worker], now: datetime, start: datetime) -> Placed:
    there = market(job, workers, now=now, start=start)
    best = there.best
    if best:
        best.worker.diary.book(best.place.parts)
    return Placed(job, best, there)


def _try_again(
    placed: dict[int, Placed],
    workers: dict[int, Worker],
    chance: random.Random,
    now: datetime,
    start: datetime,
) -> None:
    """Take some jobs out and put them back in another order; undo it if that costs more."""
    before = _chosen(placed, chance)
    for one in before:
        if one.offer:
            workers[one.offer.worker.id].diary.release(one.offer.place.parts)
    jobs = in_order([one.job for one in before], now)
    if chance.random() < 0.5:
        chance.shuffle(jobs)
    after = [_place(job, list(workers.values()), now, start) for job in jobs]
    if total_cost(after) < total_cost(before) - 1e-9:
        placed.update({one.job.id: one for one in after})
        return
    for one in after:
        if one.offer:
            workers[one.offer.worker.id].diary.release(one.offer.place.parts)
    for one in before:
        if one.offer:
            workers[one.offer.worker.id].diary.book(one.offer.place.parts)


def _chosen(placed: dict[int, Placed], chance: random.Random) -> list[Placed]:
    """Half of those to be tried again are late, as far as there are any."""
    late = [one for one in placed.values() if one.offer is None or one.offer.late]
    chosen = chance.sample(late, min(len(late), TAKEN_OUT // 2))
    ids = {one.job.id for one in chosen}
    rest = [one for one in placed.values() if one.job.id not in ids]
    return chosen + chance.sample(rest, min(len(rest), TAKEN_OUT - len(chosen)))
