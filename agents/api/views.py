from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from rest_framework import generics

from agents.api.serializers import BatchReceiptSerializer, PipelineRunSerializer
from agents.models import PipelineRun
from agents.sight import seen_from
from sensors.access import Principal, Right
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.models import ReadingBatch


class BatchReceiptView(Endpoint, generics.RetrieveAPIView[ReadingBatch]):
    serializer_class = BatchReceiptSerializer

    def get_queryset(self) -> QuerySet[ReadingBatch]:
        visible = ReadingBatch.objects.visible_to(principal(self.request))
        run = Prefetch("claim__run", runs_visible_to(principal(self.request)))
        return visible.defer("payload").select_related("claim").prefetch_related(run)


class PipelineRunView(Endpoint, generics.RetrieveAPIView[PipelineRun]):
    serializer_class = PipelineRunSerializer

    def get_queryset(self) -> QuerySet[PipelineRun]:
        return runs_visible_to(principal(self.request))


def runs_visible_to(sender: Principal) -> QuerySet[PipelineRun]:
    return seen_from(PipelineRun.objects.all(), sender.sites(Right.READ))
