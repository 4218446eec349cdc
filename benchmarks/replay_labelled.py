"""Play labelled recordings of real machines through the live pipeline; what does it see?

    python -m benchmarks.replay_labelled --data DIR valve1/0.csv.gz other/1.csv.gz

Each file becomes an asset without history, is re-timed to end now and sent at many times
its speed by manage.py import_readings --live, to one real worker on servers of its own.
The columns with labels are never sent. Then the episodes that the agents recorded are
held against the labelled stretches. Nothing is tuned to the files, and what is missed or
raised in vain is counted as it is. The last line is one JSON object.

A stretch is labelled rows without a break, both ends included. It is seen if an episode
of any of the asset's sensors began in it; the delay is from its start to that of the first
such episode. One that had begun before and was still open is told apart and does not make
it seen. An episode begins with the first of the readings that raised it, so the alarm
itself comes up to four readings later. Where many episodes begin outside the labels, one
within them may be chance: hold their number against the seconds outside.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from config.embedded import EmbeddedServers
from sensors.csv.files import CsvFile
from sensors.csv.times import Times

ROOT = Path(__file__).resolve().parent.parent
LABEL = "anomaly"
NOT_SENT = (LABEL, "changepoint")
SITE = "bench"
DRAINED_WITHIN = 120  # Seconds for the agents to finish what was sent

Row = tuple[datetime, bool]


@dataclass(frozen=True, slots=True)
class Stretch:
    start: datetime
    end: datetime

    def moved(self, shift: timedelta) -> Stretch:
        return Stretch(self.start + shift, self.end + shift)


@dataclass(frozen=True, slots=True)
class Episode:
    start: datetime
    end: datetime | None

    def began_in(self, stretch: Stretch) -> bool:
        return stretch.start <= self.start <= stretch.end

    def was_open_at(self, moment: datetime) -> bool:
        return self.start < moment and (self.end is None or self.end >= moment)


def labelled(rows: Sequence[Row]) -> list[Stretch]:
    """The labelled stretches of rows in order of time."""
    stretches: list[Stretch] = []
    before = False
    for moment, marked in rows:
        if marked:
            start = stretches.pop().start if before else moment
            stretches.append(Stretch(start, moment))
        before = marked
    return stretches


def compare(stretches: Sequence[Stretch], episodes: Sequence[Episode]) -> dict[str, Any]:
    outside = [e for e in episodes if not any(e.began_in(s) for s in stretches)]
    return {
        "labelled": [_of_stretch(stretch, episodes) for stretch in stretches],
        "episodes": len(episodes),
        "episodes_begun_outside_labels": len(outside),
    }


def _of_stretch(stretch: Stretch, episodes: Sequence[Episode]) -> dict[str, Any]:
    begun = [episode.start for episode in episodes if episode.began_in(stretch)]
    return {
        "seconds": (stretch.end - stretch.start).total_seconds(),
        "seen": bool(begun),
        "delay_seconds": (min(begun) - stretch.start).total_seconds() if begun else None,
        "already_open": any(episode.was_open_at(stretch.start) for episode in episodes),
    }


def read_labels(path: Path) -> list[Row]:
    """Each row's time and whether it is labelled; the time is the first column."""
    times = Times()
    with CsvFile(path) as file:
        label = file.header.index(LABEL)
        return [(times.read(r.fields[0]), float(r.fields[label]) == 1) for r in file.rows()]


def outside_seconds(rows: Sequence[Row]) -> float:
    whole = rows[-1][0] - rows[0][0]
    return (whole - sum((s.end - s.start for s in labelled(rows)), timedelta(0))).total_seconds()


def manage(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


@contextmanager
def worker(log: Path) -> Iterator[None]:
    arguments = ["-A", "celery_app", "worker", "-c", "2", "-Q", "pipeline,notify,training"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", *arguments, "-l", "info"],
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def play(database: psycopg.Connection, path: Path, asset: str, speed: float) -> dict[str, Any]:
    """Send one file, wait until the agents are through, and compare."""
    began = time.monotonic()
    with CsvFile(path) as file:
        ignored = [f"--ignore={name}" for name in NOT_SENT if name in file.header]
    answer = manage(
        *["import_readings", str(path), "--live", f"--speed={speed}", f"--asset={asset}"],
        *[f"--prefix={asset}:", *ignored, f"--site={SITE}", "--time-zone=UTC", "--json"],
    )
    sent = json.loads(answer.splitlines()[-1])
    drain(database)
    shift = timedelta(seconds=sent["shift_seconds"])
    rows = read_labels(path)
    stretches = [stretch.moved(shift) for stretch in labelled(rows)]
    return {
        "file": f"{path.parent.name}/{path.name}",
        **compare(stretches, episodes_of(database, asset)),
        "seconds_outside_labels": outside_seconds(rows),
        "readings_sent": sent["accepted"],
        "readings_stored": sent["stored"],
        "wall_seconds": round(time.monotonic() - began, 1),
    }


def drain(database: psycopg.Connection) -> None:
    """Wait until no batch waits and no run is under way. A failed run is an error."""
    deadline = time.monotonic() + DRAINED_WITHIN
    busy = """
        SELECT (SELECT count(*) FROM sensors_readingbatch WHERE status <> 'stored')
             + (SELECT count(*) FROM agents_pipelinerun
                WHERE finished_at IS NULL AND failed_at IS NULL),
            (SELECT count(*) FROM agents_pipelinerun WHERE failed_at IS NOT NULL)
    """
    while True:
        waiting, failed = database.execute(busy).fetchone() or (0, 0)
        if failed:
            raise RuntimeError(f"{failed} runs failed")
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{waiting} batches and runs are not through")
        time.sleep(0.2)


def episodes_of(database: psycopg.Connection, asset: str) -> list[Episode]:
    rows = database.execute(
        """
        SELECT started_at, ended_at
        FROM maintenance_anomaly JOIN sensors_asset ON sensors_asset.id = asset_id
        WHERE tag = %s ORDER BY started_at
        """,
        [asset],
    )
    return [Episode(start, end) for start, end in rows]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the directory of the files")
    parser.add_argument("--speed", type=float, default=60)
    parser.add_argument("files", nargs="+", metavar="FILE", help="below --data")
    options = parser.parse_args()
    data = options.data.resolve()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="replay-")))
        servers = stack.enter_context(EmbeddedServers(directory))
        os.environ |= servers.environment()
        os.environ |= {"SECRET_KEY": "benchmark-" + "0" * 50, "LOG_LEVEL": "WARNING"}
        manage("migrate", "--verbosity=0")
        database = stack.enter_context(
            psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        )
        create = "from sensors.models import Site; Site.objects.create(code={0!r}, name={0!r})"
        manage("shell", "--verbosity=0", "--command", create.format(SITE))
        stack.enter_context(worker(directory / "worker.log"))
        results = []
        for name in options.files:
            asset = name.removesuffix(".gz").removesuffix(".csv").replace("/", "-")
            results.append(play(database, data / name, asset, options.speed))
            sys.stdout.write(json.dumps(results[-1], indent=1) + "\n")
            sys.stdout.flush()
    sys.stdout.write(json.dumps({"speed": options.speed, "files": results}) + "\n")


if __name__ == "__main__":
    main()
