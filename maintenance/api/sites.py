"""Sites as requests name them."""

from __future__ import annotations

from rest_framework.exceptions import NotFound

from sensors.access import Principal, Right
from sensors.models import Site


def site_named(code: str, asker: Principal) -> Site:
    """The site of a code, among those the asker may see. Raises NotFound."""
    allowed = asker.sites(Right.READ)
    sites = Site.objects.all() if allowed is None else Site.objects.filter(pk__in=allowed)
    # PostgreSQL takes no text with a zero in it.
    found = None if "\x00" in code else sites.filter(code=code).first()
    if found is None:
        raise NotFound(f"There is no site {code!r}", code="unknown_site")
    return found
