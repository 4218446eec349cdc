"""Progress on the terminal. Where there is none, nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from sensors.csv.files import CsvFile


@contextmanager
def bar_of_bytes(console: Console, file: CsvFile) -> Iterator[Callable[[int], None]]:
    """A bar over the file's bytes. Call what it yields with the readings so far."""
    progress = Progress(
        TextColumn("importing"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]:,.0f} readings/s"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with progress:
        task = progress.add_task("importing", total=file.size, rate=0.0)

        def advance(readings: int) -> None:
            elapsed = progress.tasks[0].elapsed or 0.0
            rate = readings / elapsed if elapsed else 0.0
            progress.update(task, completed=file.position, rate=rate)

        yield advance


def bar_of_readings(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
