from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone

from mlops.learning.histories import MOST_ROWS
from mlops.models import ModelVersion
from mlops.registry import SHIPPED

# What was learnt from little is soon outgrown: the first nights, weekends and loads come.
LITTLE_LASTS = timedelta(hours=20)


def due_for_refit() -> list[int]:
    """Assets whose last fit is long ago, or was of less than a full history."""
    now = timezone.now()
    fitted = ModelVersion.objects.filter(kind=SHIPPED).exclude(asset=None)
    last = fitted.order_by().values("asset").annotate(at=Max("created_at"), most=Max("rows"))
    old = Q(at__lt=now - settings.REFIT_MODELS_AFTER)
    small = Q(most__lt=MOST_ROWS, at__lt=now - LITTLE_LASTS)
    return list(last.filter(old | small).order_by("asset").values_list("asset", flat=True))
