from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class PlantAdminConfig(AdminConfig):
    default_site = "config.admin_site.PlantAdminSite"
