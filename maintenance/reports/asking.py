"""Ask for a report, and make it."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction

from maintenance.figures.question import FiguresError, Question
from maintenance.models import Report, ReportFile
from maintenance.refusals import RefusedError, require
from maintenance.reports.composing import compose
from maintenance.reports.document import Document
from maintenance.reports.forms import FORMS, json_of
from maintenance.signals import report_asked
from sensors.access import Principal, Right
from sensors.models import Asset, Site

logger = logging.getLogger(__name__)

# Of one site. They are made one after another.
MOST_UNFINISHED = 10
# Of the time that making one takes, what is left for writing it.
WRITING = 0.2


class GivenUpError(Exception):
    """Somebody has closed the report while it was made."""


def ask(
    kind: str,
    site: Site,
    asset: Asset | None,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
    by: Principal,
) -> tuple[Report, bool]:
    """The report of a request, and whether it is new. One that failed is made again.

    Raises NotAllowedError, FiguresError for an interval that is too long, and RefusedError.
    """
    require(by, Right.READ, site.pk)
    Question.about((site.pk,), start=start, end=end, as_of=as_of)
    if kind == Report.Kind.ASSET_HISTORY and asset is None:
        raise RefusedError("asset_missing", "A history is of an asset: say of which.")
    if asset is not None and asset.site_id != site.pk:
        raise RefusedError("other_site", "The asset is at another site.")
    return keep(kind, site, asset, start=start, end=end, as_of=as_of, asked_by=by.name)


@transaction.atomic
def keep(
    kind: str,
    site: Site,
    asset: Asset | None,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
    asked_by: str,
) -> tuple[Report, bool]:
    """Put a request down, once however often it comes, and have it worked off."""
    # One after another, so that nobody gets past the limit by asking at once.
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    same = {"kind": kind, "site": site, "asset": asset, "start": start, "end": end}
    known = Report.objects.filter(**same, as_of=as_of).first()
    if known and not Report.objects.reopen(known.pk):
        return known, False
    waiting = Report.objects.unfinished().filter(site=site)
    if not known and waiting.count() >= MOST_UNFINISHED:
        words = f"{MOST_UNFINISHED} reports of the site wait or are made; let them end first."
        raise RefusedError("too_many_unfinished", words, limit=MOST_UNFINISHED)
    if known:
        known.refresh_from_db()
    report = known or Report.objects.create(**same, as_of=as_of, asked_by=asked_by[:150])
    report_asked.send(Report, report=report)
    return report, known is None


def carry_out(pk: int) -> None:
    """Make a report that waits. One that was taken is left alone."""
    if not Report.objects.claim(pk):
        return
    try:
        _make(Report.objects.select_related("site", "asset").get(pk=pk))
    except FiguresError as exc:
        Report.objects.close_failed(pk, exc.detail)
    except GivenUpError:
        logger.warning("report %s was given up while it was made", pk)
    except Exception as exc:
        Report.objects.close_failed(pk, f"{type(exc).__name__}: {exc}")
        raise


def _make(report: Report) -> None:
    def told(share: float) -> None:
        if not Report.objects.progress(report.pk, int(100 * (1 - WRITING) * share)):
            raise GivenUpError

    document = compose(report, told)
    digest = hashlib.sha256(json_of(document)).hexdigest()
    _write(report, document)
    if not Report.objects.finish(report.pk, digest):
        raise GivenUpError


@transaction.atomic
def _write(report: Report, document: Document) -> None:
    """Every form into the storage; what an earlier attempt left is taken away."""
    report.files.all().delete()
    for form, written in FORMS.items():
        content = written.write(document)
        file = ReportFile(
            report=report,
            form=form,
            size=len(content),
            digest=hashlib.sha256(content).hexdigest(),
        )
        file.file.save(f"{name_of(report)}.{form}", ContentFile(content), save=False)
        file.save()


def name_of(report: Report) -> str:
    """What its files are called, without the dot and what follows."""
    zone = report.site.zone
    start, end = (moment.astimezone(zone) for moment in (report.start, report.end))
    return f"{report.kind}-{report.site.code}-{start:%Y%m%d}-{end:%Y%m%d}-{report.pk}"
