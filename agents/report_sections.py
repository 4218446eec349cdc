"""What reports on the health of the system say of uploads and of runs."""

from __future__ import annotations

from statistics import median

from django.db.models import Count, Q, Sum

from agents.models import PipelineRun
from maintenance.reports.document import Section, Table
from maintenance.reports.sections import Kind, Subject, section_of
from sensors.models import QuarantinedReading, ReadingBatch

# More durations than these say no more.
MOST_TIMED = 10_000


@section_of(Kind.SYSTEM_HEALTH, 10)
def uploads(subject: Subject) -> Section:
    start, end = subject.question.within
    came = ReadingBatch.objects.filter(
        site=subject.report.site_id, received_at__gte=start, received_at__lt=end
    )
    tallies = ("accepted", "rejected", "stored", "duplicates", "conflicts", "quarantined")
    sums = came.aggregate(Count("pk"), **{name: Sum(name) for name in tallies})
    rows = [("batches", sums["pk__count"]), *((name, sums[name] or 0) for name in tallies)]
    return Section(
        "Uploads", tables=[Table("Readings", ["", "Number"], rows), _put_aside(subject)]
    )


def _put_aside(subject: Subject) -> Table:
    """What was put aside in the interval, and how much of it still waits."""
    start, end = subject.question.within
    found = (
        QuarantinedReading.objects.filter(
            site=subject.report.site_id, quarantined_at__gte=start, quarantined_at__lt=end
        )
        .order_by("reason")
        .values_list("reason")
        .annotate(all=Count("pk"), waiting=Count("pk", filter=Q(state="waiting")))
    )
    columns = ["Reason", "Readings", "Still waiting"]
    rows = [(QuarantinedReading.Reason(reason).label, *counts) for reason, *counts in found]
    return Table("Quarantine", columns, rows)


@section_of(Kind.SYSTEM_HEALTH, 20)
def runs(subject: Subject) -> Section:
    """Runs that carried something of the site. Those of several sites count at each."""
    start, end = subject.question.within
    begun = PipelineRun.objects.filter(
        claims__batch__site=subject.report.site_id, started_at__gte=start, started_at__lt=end
    ).distinct()
    ended = begun.finished().order_by("-pk").values_list("first_received_at", "finished_at")
    seconds = [(done - came).total_seconds() for came, done in ended[:MOST_TIMED] if done]
    rows = [
        ("runs", begun.count()),
        ("failed", begun.failed().count()),
        ("unfinished", begun.unfinished().count()),
        ("median seconds from upload to the last agent", median(seconds) if seconds else None),
    ]
    return Section("Runs", tables=[Table("Through the agents", ["", "Number"], rows)])
