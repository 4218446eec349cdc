from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.api.problems import problem_page
from config.health import health
from maintenance.scheduling.subscribing import calendar_feed

urlpatterns = [
    # First what machines ask, many times a second.
    path("api/v1/", include("sensors.api.urls")),
    path("api/v1/", include("agents.api.urls")),
    path("api/v1/", include("maintenance.api.urls")),
    path("api/v1/", include("mlops.api.urls")),
    # Not a second version of the API: where clients of InfluxDB 2 write to.
    path("api/v2/", include("sensors.api.urls_v2")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("health", health, name="health"),
    path("admin/", admin.site.urls),
    path("calendar/<str:token>.ics", calendar_feed, name="calendar-feed"),
]

handler400 = problem_page(400)
handler403 = problem_page(403)
handler404 = problem_page(404)
handler500 = problem_page(500)
