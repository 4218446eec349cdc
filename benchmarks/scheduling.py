"""How a week of work is planned best: one after the other, with second thoughts, or by a solver.

`python -m benchmarks.scheduling [--seconds 30] [--weeks 3]` makes weeks of 200 orders and 20
technicians and plans each by three methods, each in a process of its own. It prints lateness
weighted by priority, orders that are late, idle time of technicians before their last job,
seconds, and the peak of memory. The solver is OR-tools' CP-SAT and starts from the first plan.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time as clock
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from benchmarks.scheduling_solver import solved
from maintenance.scheduling.diaries import Diary
from maintenance.scheduling.greedy import plan
from maintenance.scheduling.scoring import HOUR, Job, Offer, Worker
from maintenance.scheduling.shifts import WeeklyShift, turns_between
from maintenance.scheduling.spans import Span

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
DAY = timedelta(days=1)
SKILLS = ("mechanics", "electrics", "instruments", "hydraulics", "welding")
# The work of the week, as a share of the time that there is in it.
LOADS = {"easy": 0.6, "full": 0.9, "too much": 1.3}
METHODS = ("greedy", "again", "solver")


def technicians(chance: random.Random, count: int) -> list[Worker]:
    zone, workers = ZoneInfo("Europe/Berlin"), []
    for number in range(count):
        starts, ends = (time(6), time(14)) if number % 2 else (time(14), time(22))
        shifts = [WeeklyShift(day, starts, ends) for day in range(5)]
        away = NOW + chance.randrange(5) * DAY
        absences = [Span(away, away + DAY)] if chance.random() < 0.2 else []
        skills = {skill: chance.randint(2, 5) for skill in chance.sample(SKILLS, 2)}
        diary = Diary(turns_between(shifts, zone, NOW, NOW + 28 * DAY), absences=absences)
        workers.append(Worker(number, f"T{number}", skills, diary))
    return workers


def orders(chance: random.Random, count: int, hours: float) -> list[Job]:
    """Orders that take `hours` together."""
    lengths = chance.choices([1, 2, 3, 4, 6, 10], [25, 30, 20, 15, 8, 2], k=count)
    scale, jobs = hours / sum(lengths), []
    for number, length in enumerate(lengths):
        priority = chance.choices(["P1", "P2", "P3", "P4"], [5, 20, 45, 30])[0]
        days = {"P1": 1, "P2": 3, "P3": 5, "P4": 7}[priority] * chance.uniform(0.3, 1.5)
        work = max(round(length * scale * 12), 3) * timedelta(minutes=5)
        skill, level = chance.choice(SKILLS), chance.choices([1, 2, 3], [4, 4, 3])[0]
        jobs.append(Job(number, f"J{number}", priority, NOW + days * DAY, work, {skill: level}))
    return jobs


def made(seed: int, load: float) -> tuple[list[Job], list[Worker]]:
    chance = random.Random(seed)
    workers = technicians(chance, 20)
    return orders(chance, 200, load * 20 * 5 * 8), workers


def planned(method: str, jobs: list[Job], workers: list[Worker], seconds: float) -> list[Offer]:
    if method == "solver":
        return solved(jobs, workers, NOW, seconds)
    rounds = 100 if method == "again" else 0
    found = plan(jobs, workers, now=NOW, start=NOW, rounds=rounds)
    return [one.offer for one in found if one.offer]


def measured(method: str, seed: int, load: float, seconds: float) -> dict[str, float]:
    jobs, workers = made(seed, load)
    before = clock.perf_counter()
    offers = planned(method, jobs, workers, seconds)
    took = clock.perf_counter() - before
    return {
        "weighted late h": sum(offer.costs.lateness for offer in offers),
        "late": sum(1 for offer in offers if offer.late),
        "left": len(jobs) - len(offers),
        "idle h": sum(idle(worker, offers) for worker in workers),
        "s": took,
        "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
    }


def idle(worker: Worker, offers: Sequence[Offer]) -> float:
    """Free hours at work before the last job."""
    ends = [offer.place.end for offer in offers if offer.worker.id == worker.id]
    spans = [window for page in worker.diary.pages for window in page.windows]
    end = max(ends, default=NOW)
    return sum((Span(NOW, end).shared_with(span) / HOUR for span in spans), 0.0)


def alone(method: str, seed: int, load: float, seconds: float) -> dict[str, float]:
    """Measured in a process of its own, for the peak of memory."""
    asked = json.dumps([method, seed, load, seconds])
    command = [sys.executable, "-m", "benchmarks.scheduling", "--one", asked]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def compare(weeks: int, seconds: float, say: Callable[[str], None]) -> None:
    say("| work | by | weighted late h | late orders | left | idle h | s | peak MB |")
    say("|---|---|---|---|---|---|---|---|")
    for name, load in LOADS.items():
        for method in METHODS:
            found = [alone(method, seed, load, seconds) for seed in range(weeks)]
            means = {key: sum(one[key] for one in found) / weeks for key in found[0]}
            cells = " | ".join(f"{value:.1f}" for value in means.values())
            say(f"| {name} ({load:.0%}) | {method} | {cells} |")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--weeks", type=int, default=3)
    options.add_argument("--seconds", type=float, default=30, help="the solver may take")
    options.add_argument("--one", help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.one:
        sys.stdout.write(json.dumps(measured(*json.loads(asked.one))))
    else:
        compare(asked.weeks, asked.seconds, lambda line: print(line, flush=True))  # noqa: T201


if __name__ == "__main__":
    main()
