from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from maintenance.orders.standard_codes import lay_down_for_pumps
from maintenance.sample.plans import create_plans
from maintenance.sample.technicians import create_technicians
from sensors.models import Site
from sensors.sample.plant import SITE


class Command(BaseCommand):
    help = "Give the sample plant technicians, plans, codes and checklists. What is there stays."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        site = Site.objects.filter(code=SITE).first()
        if site is None:
            raise CommandError("There is no sample plant: seed_plant makes it.")
        codes = lay_down_for_pumps()
        technicians = create_technicians(site)
        plans = create_plans(site)
        self.stdout.write(
            f"{site}: {len(technicians)} technicians, {len(plans)} new plans, "
            f"{codes} new failure codes for pumps"
        )
