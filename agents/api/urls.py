from __future__ import annotations

from django.urls import path

from agents.api.views import BatchReceiptView, PipelineRunView

app_name = "agents"

urlpatterns = [
    path("batches/<int:pk>", BatchReceiptView.as_view(), name="batch-receipt"),
    path("runs/<int:pk>", PipelineRunView.as_view(), name="run-detail"),
]
