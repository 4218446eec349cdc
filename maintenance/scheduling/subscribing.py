"""Where calendar programs fetch a feed. The token in the address is all that lets them in:
they log in nowhere and send no headers. It opens this one calendar and nothing else."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from maintenance.models import CalendarFeed, Technician
from maintenance.refusals import RefusedError, require
from maintenance.scheduling.feeds import calendar_of
from sensors.access import Principal, Right

MOST_CHARACTERS = 100


@require_safe
@cache_control(private=True, no_cache=True)
@conditional_page
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of a token; 404 for every other, so that nothing can be told from it."""
    feed = CalendarFeed.objects.with_token(token) if len(token) <= MOST_CHARACTERS else None
    if feed is None:
        raise Http404
    return HttpResponse(calendar_of(feed), content_type="text/calendar; charset=utf-8")


def issue_feed(
    site_id: int, technician_id: int | None, *, by: Principal
) -> tuple[CalendarFeed, str]:
    """Make a feed of a technician of the site, or of all of it, and its token.

    Raises RefusedError: unknown_technician.
    """
    require(by, Right.PLAN, site_id)
    if technician_id is not None:
        its_own = Technician.objects.filter(site=site_id, is_active=True)
        if not its_own.filter(pk=technician_id).exists():
            raise RefusedError("unknown_technician", "No active technician of the site is that.")
    return CalendarFeed.objects.issue(
        site_id=site_id, technician_id=technician_id, made_by=by.name[:150]
    )


def revoke_feed(feed: CalendarFeed, *, by: Principal) -> None:
    require(by, Right.PLAN, feed.site_id)
    CalendarFeed.objects.filter(pk=feed.pk).revoke()
