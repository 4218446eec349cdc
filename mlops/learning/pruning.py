"""Versions that nothing needs any more go, and their files with them."""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings
from django.db import transaction

from mlops import artifacts
from mlops.models import ModelVersion

logger = logging.getLogger(__name__)

# Of each kind and scope, to go back to.
NEWEST = 3
# In one night; the next takes the others.
AT_ONCE = 2_000


def prune_models(now: datetime) -> int:
    """Remove spent versions, each with its file unless another version shares it.

    One at a time and for good: whoever dies on the way leaves a version without a file at
    worst, which is off duty, and removed by the next who prunes. Says how many went.
    """
    before = now - settings.KEEP_MODELS_FOR
    spent = ModelVersion.objects.spent(before=before, newest=NEWEST).order_by("pk")
    found = spent.values_list("pk", "artifact_digest")[:AT_ONCE]
    return sum(_remove(pk, digest, before) for pk, digest in found)


@transaction.atomic
def _remove(pk: int, digest: str, before: datetime) -> bool:
    # First the file, then the row, as whoever registers a version.
    artifacts.lock(digest)
    one = ModelVersion.objects.filter(pk=pk)
    list(one.select_for_update(of=("self",)))
    # Looked at again: a person may have put it on duty meanwhile.
    version = one.spent(before=before, newest=NEWEST).first()
    if version is None:
        return False
    version.delete()
    if not ModelVersion.objects.filter(artifact_digest=digest).exists():
        artifacts.remove(digest)
    logger.info("%s #%s was spent and is removed", version, pk)
    return True
