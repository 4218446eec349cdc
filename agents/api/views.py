from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import generics

from agents.api.serializers import BatchReceiptSerializer, PipelineRunSerializer
from agents.models import PipelineRun
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.models import ReadingBatch


class BatchReceiptView(Endpoint, generics.RetrieveAPIView[ReadingBatch]):
    serializer_class = BatchReceiptSerializer

    def get_queryset(self) -> QuerySet[ReadingBatch]:
        visible = ReadingBatch.objects.visible_to(principal(self.request))
        return visible.defer("payload").select_related("claim__run")


class PipelineRunView(Endpoint, generics.RetrieveAPIView[PipelineRun]):
    serializer_class = PipelineRunSerializer

    def get_queryset(self) -> QuerySet[PipelineRun]:
        visible = ReadingBatch.objects.visible_to(principal(self.request))
        return PipelineRun.objects.filter(batches__in=visible).distinct()
