"""A run as one person may see it: it may carry batches of sites that are not theirs."""

from __future__ import annotations

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from agents.models import Claim, PipelineRun

UNSEEN = "The run failed. It carried batches of other sites too, so the reason is not shown."


def seen_from(runs: QuerySet[PipelineRun], sites: list[int] | None) -> QuerySet[PipelineRun]:
    """Runs with `readings_seen` and `error_seen`, as seen from the sites; None means all."""
    if sites is None:
        return runs.annotate(readings_seen=F("readings"), error_seen=F("error"))
    claims = Claim.objects.filter(run=OuterRef("pk")).order_by()
    here = claims.filter(batch__site__in=sites).values("run")
    elsewhere = Exists(claims.exclude(batch__site__in=sites))
    total = here.annotate(total=Sum("batch__accepted")).values("total")
    return runs.filter(Exists(here)).annotate(
        readings_seen=Coalesce(Subquery(total), 0),
        error_seen=Case(When(~Q(error="") & elsewhere, then=Value(UNSEEN)), default="error"),
    )
