"""`python -m benchmarks.one NAME URL`: one benchmark against a running stack.

A process of its own, for Django must know the stack's stores before it is imported.
"""

from __future__ import annotations

import importlib
import json
import sys

import django

if __name__ == "__main__":
    name, url = sys.argv[1:]
    django.setup()
    benchmark = importlib.import_module(f"benchmarks.{name}")
    sys.stdout.write(json.dumps(benchmark.measure(url)) + "\n")
