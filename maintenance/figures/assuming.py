"""Say what a failure costs."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from maintenance.models import CostAssumption
from maintenance.refusals import RefusedError, require
from sensors.access import Principal, Right

EXISTS = "one_cost_assumption_per_site_and_type"


def assume(assumption: CostAssumption, by: Principal) -> None:
    """Check and keep an assumption, new or changed, in the name of who says so.

    Raises ValidationError, NotAllowedError, and RefusedError where the site has one for the
    same type of asset.
    """
    require(by, Right.PLAN, assumption.site_id)
    assumption.changed_by = by.name[:150]
    assumption.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            assumption.save()
    except IntegrityError as exc:
        if EXISTS in str(exc):
            words = "The site has an assumption for this type of asset; change that."
            raise RefusedError("assumption_exists", words) from exc
        raise
