"""One more of what all sites share."""

from __future__ import annotations

from sensors.models import AssetType, Bearing, SeverityPreset, Site


def make_asset_type(site: Site) -> AssetType:
    number = AssetType.objects.count()
    return AssetType.objects.create(code=f"type-{number}", name=f"Type {number}")


def make_bearing(site: Site) -> Bearing:
    number = Bearing.objects.count()
    return Bearing.objects.create(
        name=f"B{number}", rolling_elements=9, element_diameter=8, pitch_diameter=39
    )


def make_preset(site: Site) -> SeverityPreset:
    number = SeverityPreset.objects.count()
    return SeverityPreset.objects.create(name=f"P{number}", a_to_b=1, b_to_c=2, c_to_d=3)
