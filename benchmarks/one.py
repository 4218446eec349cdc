"""`python -m benchmarks.one NAME SIZE`: one benchmark on the stores of the environment.

A process of its own, for Django must know the stores before it is imported.
"""

from __future__ import annotations

import importlib
import json
import sys

import django

if __name__ == "__main__":
    name, size = sys.argv[1:]
    django.setup()
    benchmark = importlib.import_module(f"benchmarks.{name}")
    sys.stdout.write(json.dumps(benchmark.measure(size)) + "\n")
