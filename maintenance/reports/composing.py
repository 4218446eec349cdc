"""From a request to a document: the sections of its kind, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from maintenance.models import Report

# Each of these adds sections.
from maintenance.reports import on_anomalies as _on_anomalies  # noqa: F401
from maintenance.reports import on_assets as _on_assets  # noqa: F401
from maintenance.reports import on_notifications as _on_notifications  # noqa: F401
from maintenance.reports import on_work as _on_work  # noqa: F401
from maintenance.reports.document import Cell, Document
from maintenance.reports.sections import SECTIONS, Kind, Subject
from sensors.store.read_only import read_only

Progress = Callable[[float], None]


def compose(report: Report, told: Progress = lambda share: None) -> Document:
    """What the report says. `told` hears of the share that is done.

    PostgreSQL refuses to write while a section is made.
    """
    return _composed(report, [Kind(report.kind)], told)


def overview(report: Report) -> Document:
    """What there is to say of machines, work and anomalies; the report need not be kept."""
    return _composed(report, [Kind.MAINTENANCE_OVERVIEW, Kind.ANOMALY_SUMMARY])


def _composed(
    report: Report, kinds: Sequence[Kind], told: Progress = lambda share: None
) -> Document:
    writers = [SECTIONS[kind][place] for kind in kinds for place in sorted(SECTIONS[kind])]
    document = Document(_title(report), _about(report), report.site.zone)
    subject = Subject(report)
    for done, write in enumerate(writers, start=1):
        with read_only():
            section = write(subject)
        if section:
            document.sections.append(section)
        told(done / len(writers))
    return document


def _title(report: Report) -> str:
    about = f"{report.asset}" if report.asset else f"{report.site}"
    return f"{report.get_kind_display()}: {about}"


def _about(report: Report) -> dict[str, Cell]:
    return {
        "kind": report.kind,
        "site": report.site.code,
        "asset": report.asset.tag if report.asset else None,
        "from": report.start,
        "to": report.end,
        "as_of": report.as_of,
        "time_zone": report.site.time_zone,
    }
