from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.progress import Progress

from sensors.sample.plant import ASSETS
from sensors.sample.simulation import FAULTS
from sensors.sample.streaming import Gateway, Plan


class Command(BaseCommand):
    help = "Stream a simulated plant through the HTTP API of a running server."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=settings.PUBLIC_URL)
        parser.add_argument("--api-key", required=True)
        parser.add_argument("--fault", choices=FAULTS, default="bearing_wear")
        parser.add_argument("--asset", default=ASSETS[0][0], help="the one that gets the fault")
        parser.add_argument("--hours", type=float, default=2, help="of plant time, ending now")
        parser.add_argument("--steps", type=int, default=240, help="readings per sensor")
        parser.add_argument("--seconds", type=float, default=10, help="to take for it")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = Plan(
            asset=options["asset"],
            fault=options["fault"],
            span=timedelta(hours=options["hours"]),
            steps=options["steps"],
            lasting=timedelta(seconds=options["seconds"]),
        )
        sent = batches = 0
        try:
            with Gateway(options["url"], options["api_key"]) as gateway, Progress() as progress:
                bar = progress.add_task(f"{plan.asset}: {plan.fault}", total=1.0)
                for post in gateway.stream(plan):
                    sent, batches = sent + post.readings, batches + 1
                    progress.update(bar, completed=post.done)
        except httpx.HTTPStatusError as exc:
            raise CommandError(f"{exc.response.status_code}: {exc.response.text}") from exc
        except httpx.HTTPError as exc:
            raise CommandError(f"{options['url']} does not answer: {exc}") from exc
        self.stdout.write(f"{sent} readings in {batches} batches")
