"""What reports on the health of the system say of detectors and forecasts."""

from __future__ import annotations

from django.db.models import Count, Max, Sum

from maintenance.figures.estimates import wilson
from maintenance.reports.document import Section, Table
from maintenance.reports.sections import Kind, Subject, section_of
from mlops.models import ForecastCover, ModelVersion


@section_of(Kind.SYSTEM_HEALTH, 50)
def detectors(subject: Subject) -> Section:
    """Versions that watch sensors and assets of the site, or types of assets that it has."""
    of_site = ModelVersion.objects.at_sites([subject.report.site_id])
    made = of_site.active().filter(created_at__lt=subject.question.as_of)
    found = made.order_by("kind").values_list("kind").annotate(Count("pk"), Max("learnt_until"))
    columns = ["Kind", "On duty", "Learnt until"]
    return Section("Detectors", tables=[Table("Versions on duty", columns, list(found))])


@section_of(Kind.SYSTEM_HEALTH, 60)
def forecasts(subject: Subject) -> Section:
    """How often what came lay in the bands, as counted up to now: it is kept as a sum."""
    found = (
        ForecastCover.objects.filter(sensor__site=subject.report.site_id, total__gt=0)
        .order_by("method", "level")
        .values_list("method", "level")
        .annotate(Sum("inside"), Sum("total"), Sum("forecasts"))
    )
    rows = [
        (method, level, inside / total, *wilson(inside / total, forecasts), total)
        for method, level, inside, total, forecasts in found
    ]
    columns = ["Method", "Promised", "Came inside", "At least", "At most", "Values"]
    words = ["Counted since the sensors are forecast, not for the interval alone."]
    return Section("Forecasts", words, tables=[Table("Cover of bands", columns, rows)])
