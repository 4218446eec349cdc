from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.progress import track

from sensors.api.authentication import DEMO_KEY
from sensors.models import ApiKey, Site
from sensors.models.access import hashed
from sensors.sample.plant import ASSETS, SENSORS, add_history, create_plant, end_of_history


class Command(BaseCommand):
    help = "Create a sample plant with history. What is there already is left as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--readings", type=int, default=1_000, help="per sensor, one a minute (1000)"
        )
        parser.add_argument(
            "--demo", action="store_true", help="also the demo's API key and administrator"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["demo"] and not settings.DEMO:
            raise CommandError("--demo needs DEMO=True: its key is known to everybody")
        site = create_plant()
        total = len(ASSETS) * len(SENSORS)
        stored = sum(
            track(
                add_history(site, readings=options["readings"], until=end_of_history()),
                description="history",
                total=total,
                transient=True,
            )
        )
        if options["demo"]:
            admit_demo(site)
        self.stdout.write(f"{site}: {len(ASSETS)} assets, {total} sensors, {stored} new readings")


def admit_demo(site: Site) -> None:
    """The well-known key and an administrator with the password of the environment."""
    ApiKey.objects.get_or_create(
        digest=hashed(DEMO_KEY),
        defaults={
            "site": site,
            "name": "Demo gateway",
            "prefix": DEMO_KEY[:8],
            "can_register": True,
        },
    )
    admin, _ = get_user_model().objects.get_or_create(
        username="admin", defaults={"is_staff": True, "is_superuser": True}
    )
    admin.set_password(settings.DEMO_ADMIN_PASSWORD)
    admin.save(update_fields=["password"])
