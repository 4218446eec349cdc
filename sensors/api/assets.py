"""Assets as addresses name them: by tag, or by id where no tag is so."""

from __future__ import annotations

from django import forms
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound

from sensors.access import Principal, Right
from sensors.models import Asset


class SiteForm(forms.Form):
    """Tells apart the assets of one tag."""

    site = forms.CharField(required=False)


class AmbiguousAsset(APIException):
    """The tag names an asset at several of the sites that the client may see."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "ambiguous_asset"
    default_detail = "Several sites have an asset of this tag. Say which with ?site=CODE."


def asset_named(name: str, site: str, asker: Principal) -> Asset:
    """The asset of a tag, or of an id where no tag is so, among those the asker may see.

    Raises NotFound, or AmbiguousAsset.
    """
    sites = asker.sites(Right.READ)
    assets = Asset.objects.select_related("site", "type").order_by("pk")
    if sites is not None:
        assets = assets.filter(site__in=sites)
    if site:
        assets = assets.filter(site__code=site)
    # PostgreSQL knows no text with a NUL in it.
    found = [] if "\x00" in name else list(assets.filter(tag=name)[:2])
    if not found and name.isascii() and name.isdecimal():
        found = list(assets.filter(pk=name))
    if len(found) > 1:
        raise AmbiguousAsset
    if not found:
        raise NotFound(f"There is no asset {name!r}", code="unknown_asset")
    return found[0]
