from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse

from config.glance import glance


class PlantAdminSite(AdminSite):
    """The usual admin, with the state of the plant at a glance on its first page."""

    site_header = site_title = "Smart Maintenance"
    index_title = "The plant"

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        return super().index(request, {**(extra_context or {}), "glance": glance(self, request)})
