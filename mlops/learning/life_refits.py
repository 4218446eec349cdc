from __future__ import annotations

from django.conf import settings
from django.db.models import Count, Max, Q
from django.utils import timezone

from maintenance.models import Life
from mlops.learning.life_fitting import NEEDED
from mlops.learning.life_models import KIND, broken, loaded
from mlops.models import ModelVersion
from sensors.models import AssetType

FAILED = Q(assets__lives__ending=Life.Ending.FAILED)


def types_due() -> list[int]:
    """Types with enough failures whose last model is missing, cannot be loaded, or is older
    than what was put down of their lives, or than models may become."""
    counted = AssetType.objects.annotate(
        failures=Count("assets__lives", filter=FAILED),
        changed_at=Max("assets__lives__changed_at", filter=FAILED),
    )
    enough = counted.filter(failures__gte=NEEDED).order_by("pk")
    old = timezone.now() - settings.REFIT_MODELS_AFTER
    due = []
    for pk, changed_at in enough.values_list("pk", "changed_at"):
        last = ModelVersion.objects.filter(kind=KIND, asset_type=pk).first()
        is_old = last is None or last.created_at < max(old, changed_at) or loaded(last) is None
        if is_old or broken(pk):
            due.append(pk)
    return due
