#!/usr/bin/env python
from __future__ import annotations

import os
import secrets
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

# They only compute: they ask no server and sign nothing.
NEED_NO_SECRET = ["evaluate"]

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == NEED_NO_SECRET:
        os.environ.setdefault("SECRET_KEY", secrets.token_hex())
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as exc:
        sys.exit(f"{exc}. See .env.example, or source var/environment while a demo serves.")
