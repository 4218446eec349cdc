from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from maintenance.orders.standard_codes import lay_down_for_pumps


class Command(BaseCommand):
    help = "Give the sample plant codes and checklists for its pumps. What is there stays."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{lay_down_for_pumps()} new failure codes for pumps")
