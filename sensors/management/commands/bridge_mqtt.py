from __future__ import annotations

import signal
from threading import Event
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from sensors.management.commands.import_readings import chosen_site
from sensors.mqtt.bridge import MqttBridge
from sensors.mqtt.link import RefusedError
from sensors.mqtt.options import read_options


class Command(BaseCommand):
    help = "Carry readings over from an MQTT broker, until stopped. See docs/mqtt.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", default=settings.MQTT_SITE, help="code (MQTT_SITE)")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            chosen = read_options()
            MqttBridge(chosen_site(options["site"] or None), chosen, stop).run()
        except (ImproperlyConfigured, RefusedError) as exc:
            raise CommandError(str(exc)) from exc
        except DatabaseError as exc:
            raise CommandError(f"The database cannot be used: {exc}") from exc
