from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _files_in_memory(settings):
    """Nothing is left on the disk."""
    storage = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
