"""Ask for a plan of a whole site: at once where it is short, else in the background."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.dispatch import Signal

from maintenance.models import SitePlan, WorkOrder
from maintenance.refusals import RefusedError, require
from maintenance.scheduling import planning
from maintenance.scheduling.offering import MAY_BE_SCHEDULED
from sensors.access import Principal, Right
from sensors.models import Site

# More orders than that take longer than somebody should wait for an answer.
MOST_AT_ONCE = 40
MOST_DAYS = 90
# Sent inside the transaction that keeps the plan. Arguments: plan.
plan_asked = Signal()


def plan_site(site: Site, *, by: Principal, days: int = 28, apply: bool = False) -> SitePlan:
    """Ask for a plan of a site. It is done when this returns, unless there are many orders:
    then it waits and is worked out in the background.

    Raises RefusedError: already_planning; and in the first case, plan_overtaken.
    """
    require(by, Right.PLAN, site.pk)
    asked = _kept(site, by, days, apply)
    orders = WorkOrder.objects.filter(asset__site=site, state__in=MAY_BE_SCHEDULED)
    if orders.count() > MOST_AT_ONCE:
        with transaction.atomic():
            plan_asked.send(sender=SitePlan, plan=asked)
        return asked
    carry_out(asked.pk)
    asked.refresh_from_db()
    return asked


def carry_out(pk: int) -> None:
    """Carry out a plan that waits, at most once. A refusal becomes its error."""
    if not SitePlan.objects.claim(pk):
        return
    asked = SitePlan.objects.select_related("site").get(pk=pk)
    try:
        result = planning.carry_out(asked, _reporter(pk))
    except RefusedError as exc:
        SitePlan.objects.filter(pk=pk).close_failed(exc.detail)
    except Exception as exc:
        SitePlan.objects.filter(pk=pk).close_failed(f"{type(exc).__name__}: {exc}")
        raise
    else:
        SitePlan.objects.finish(pk, result)


def _kept(site: Site, by: Principal, days: int, apply: bool) -> SitePlan:
    try:
        with transaction.atomic():
            return SitePlan.objects.create(
                site=site, days=days, apply=apply, asked_by=by.name[:150], asker_id=by.user_id
            )
    except IntegrityError as exc:
        detail = "The site is being planned; wait until that is done."
        raise RefusedError("already_planning", detail) from exc


def _reporter(pk: int) -> Callable[[float], None]:
    """Writes each per cent once: that also says that its worker is alive."""
    told = -1

    def report(share: float) -> None:
        nonlocal told
        if (percent := int(100 * share)) != told:
            told = percent
            SitePlan.objects.report(pk, percent)

    return report
