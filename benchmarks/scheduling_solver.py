"""The same question put to OR-tools' CP-SAT: the best plan it finds in some seconds.

Time goes in steps of five minutes. Each job has one start; for each technician who can do it
there is an optional interval from that start on, and on the intervals of one technician, with
the hours off among them, lies no overlap. The few jobs that are longer than a shift stay where
the plan made job by job has them; the others are hinted to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from maintenance.scheduling.greedy import plan
from maintenance.scheduling.scoring import SURPLUS, WAITING, Job, Offer, Worker, weighed
from maintenance.scheduling.spans import Span

STEP = timedelta(minutes=5)
# Costs are whole numbers to the solver: hundredths of a step of lateness.
SCALE = 100
STEPS_AN_HOUR = 12
HORIZON = timedelta(days=14)


def solved(jobs: list[Job], workers: list[Worker], now: datetime, seconds: float) -> list[Offer]:
    """The best plan that was found, with the one made job by job as a start."""
    first = [one.offer for one in plan(jobs, workers, now=now, start=now)]
    hints = {job.id: offer for job, offer in zip(jobs, first, strict=True) if offer}
    by_id = {worker.id: worker for worker in workers}
    for offer in hints.values():
        if len(offer.place.parts) == 1:
            offer.worker.diary.release(offer.place.parts)
    short = [job for job in jobs if len(hints[job.id].place.parts) == 1]
    offers = [offer for offer in hints.values() if len(offer.place.parts) > 1]
    for job, worker_id, start in _Model(short, workers, now, hints).solve(seconds):
        worker = by_id[worker_id]
        parts = worker.diary.at(job.work, now + start * STEP)
        assert parts, "The solver booked somebody twice, or off work"
        offers.append(weighed(job, worker, parts, now))
        worker.diary.book(parts)
    return offers


class _Model:
    def __init__(
        self, jobs: list[Job], workers: Sequence[Worker], now: datetime, hints: dict[int, Offer]
    ) -> None:
        from ortools.sat.python import cp_model  # Tens of MB, and only here.

        self.cp, self.model, self.now = cp_model, cp_model.CpModel(), now
        self.costs: list[Any] = []
        self.chosen: list[tuple[Job, int, Any, Any]] = []
        rows: dict[int, list[Any]] = {worker.id: self._off(worker) for worker in workers}
        for job in jobs:
            start = self._start(job, hints[job.id])
            able = [worker for worker in workers if not worker.lacks(job)]
            options = [self._option(job, w, start, hints[job.id], rows[w.id]) for w in able]
            self.model.add_exactly_one(options)
        for row in rows.values():
            self.model.add_no_overlap(row)
        self.model.minimize(sum(self.costs))

    def _off(self, worker: Worker) -> list[Any]:
        """The hours in which the worker is not free."""
        free = [window for page in worker.diary.pages for window in page.windows]
        off = Span(self.now, self.now + HORIZON).without(free)
        return [
            self.model.new_fixed_size_interval_var(
                (span.start - self.now) // STEP, span.length // STEP, ""
            )
            for span in off
        ]

    def _start(self, job: Job, hint: Offer) -> Any:
        """When the job begins; what it costs to be done then."""
        model, steps, due = self.model, job.work // STEP, (job.due - self.now) // STEP
        last = HORIZON // STEP
        start = model.new_int_var(0, last - steps, "")
        late = model.new_int_var(0, max(last - due, 0), "")
        model.add(late >= start + steps - due)
        weight = int(job.weight)
        self.costs += [weight * SCALE * late, int(weight * WAITING * SCALE) * (start + steps)]
        model.add_hint(start, (hint.place.start - self.now) // STEP)
        model.add_hint(late, max((hint.place.end - job.due) // STEP, 0))
        return start

    def _option(self, job: Job, worker: Worker, start: Any, hint: Offer, row: list[Any]) -> Any:
        """That this worker does the job; returns whether."""
        model = self.model
        taken = model.new_bool_var("")
        steps = job.work // STEP
        row.append(model.new_optional_fixed_size_interval_var(start, steps, taken, ""))
        surplus = sum(worker.skills[code] - level for code, level in job.skills.items())
        self.costs.append(taken * int(surplus * SURPLUS * STEPS_AN_HOUR * SCALE))
        model.add_hint(taken, hint.worker.id == worker.id)
        self.chosen.append((job, worker.id, taken, start))
        return taken

    def solve(self, seconds: float) -> list[tuple[Job, int, int]]:
        """The chosen worker and the start, in steps, of each job."""
        solver = self.cp.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = 2
        status = solver.solve(self.model)
        if status not in (self.cp.OPTIMAL, self.cp.FEASIBLE):
            raise RuntimeError(f"no plan in {seconds} s: {solver.status_name(status)}")
        return [
            (job, worker_id, solver.value(start))
            for job, worker_id, taken, start in self.chosen
            if solver.value(taken)
        ]
