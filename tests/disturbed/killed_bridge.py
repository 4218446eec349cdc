"""manage.py bridge_mqtt, killed at a chosen moment.

KILL_BEFORE_ACK=1   when the first batch is committed and nothing acknowledged
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import django
from django.core.management import execute_from_command_line


def die(*args: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    django.setup()
    from sensors.mqtt.link import Connection

    if os.environ.get("KILL_BEFORE_ACK"):
        Connection.ack = die  # type: ignore[method-assign, assignment]
    execute_from_command_line(["manage.py", "bridge_mqtt", *sys.argv[1:]])
