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
    # What planners need most comes first; apps not named here come last.
    order_of_apps = ("maintenance", "sensors", "mlops", "agents", "auth")

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        return super().index(request, {**(extra_context or {}), "glance": glance(self, request)})

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        def place(app: dict[str, Any]) -> int:
            known = app["app_label"] in self.order_of_apps
            return self.order_of_apps.index(app["app_label"]) if known else len(self.order_of_apps)

        return sorted(super().get_app_list(request, app_label), key=place)
