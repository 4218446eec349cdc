from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone

from mlops.learning.histories import MOST_ROWS
from mlops.models import ModelVersion
from mlops.registry import ASSET_DETECTORS, SHIPPED

# What was learnt from little is soon outgrown: the first nights, weekends and loads come.
LITTLE_LASTS = timedelta(hours=20)


def due_for_refit() -> list[int]:
    """Assets whose last fit is long ago, of less than a full history or of an older method."""
    now = timezone.now()
    fitted = ModelVersion.objects.filter(kind=SHIPPED).exclude(asset=None)
    last = (
        fitted.order_by()
        .values("asset")
        .annotate(at=Max("created_at"), most=Max("rows"), code=Max("code"))
    )
    old = Q(at__lt=now - settings.REFIT_MODELS_AFTER)
    small = Q(most__lt=MOST_ROWS, at__lt=now - LITTLE_LASTS)
    outdated = Q(code__lt=ASSET_DETECTORS[SHIPPED].version)
    return list(
        last.filter(old | small | outdated).order_by("asset").values_list("asset", flat=True)
    )
