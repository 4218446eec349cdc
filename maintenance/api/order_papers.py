"""What people write and show on an order: comments, files, and the checklist."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import created, said_in
from maintenance.api.execution_serializers import (
    AttachmentInSerializer,
    AttachmentSerializer,
    CommentInSerializer,
    CommentSerializer,
)
from maintenance.api.multipart import BoundedMultiPartParser
from maintenance.api.of_orders import RowsOfOrder
from maintenance.api.order_log_serializers import ChecklistPointSerializer
from maintenance.api.work_order_forms import PointInSerializer, TakeChecklistSerializer
from maintenance.downloading import handed_out
from maintenance.models import ChecklistTemplate
from maintenance.orders.attaching import attach
from maintenance.orders.checklists import fill_in, take_checklist
from maintenance.orders.remarks import comment
from maintenance.refusals import InvalidError
from sensors.api.authentication import principal


class CommentsViewSet(RowsOfOrder):
    serializer_class = CommentSerializer
    rows = "comments"

    def create(self, request: Request, pk: int) -> Response:
        order, said = self.of_order, said_in(CommentInSerializer, request)
        return created(self.get_serializer(comment(order.pk, by=principal(request), **said)))


class AttachmentsViewSet(RowsOfOrder):
    serializer_class = AttachmentSerializer
    parser_classes = [BoundedMultiPartParser]
    rows = "attachments"

    def create(self, request: Request, pk: int) -> Response:
        order, said = self.of_order, said_in(AttachmentInSerializer, request)
        row = attach(order.pk, by=principal(request), **said)
        return created(self.get_serializer(row), f"work-orders/{order.pk}/attachments/{row.pk}")

    def retrieve(self, request: Request, pk: int, row: int) -> FileResponse:
        """The file itself."""
        found = get_object_or_404(self.get_queryset(), pk=row)
        try:
            return handed_out(found.file, name=found.name, content_type=found.content_type)
        except FileNotFoundError as exc:
            words = "The storage does not have this file any more."
            raise exceptions.NotFound(words, code="no_file") from exc


class PointsViewSet(RowsOfOrder):
    """The points in their order, all of them: there are not many."""

    serializer_class = ChecklistPointSerializer
    pagination_class = None
    rows = "checklist"

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().select_related("follow_up").order_by("position")

    def list(self, request: Request, pk: int) -> Response:
        return self._all(status.HTTP_200_OK)

    def create(self, request: Request, pk: int) -> Response:
        """Put the points of a template behind those that are there."""
        order, said = self.of_order, said_in(TakeChecklistSerializer, request)
        template = ChecklistTemplate.objects.filter(pk=said["template"]).first()
        if template is None:
            raise InvalidError("unknown_checklist", f"There is no checklist {said['template']}.")
        take_checklist(order.pk, template, by=principal(request))
        return self._all(status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: int, position: int) -> Response:
        get_object_or_404(self.get_queryset(), position=position)
        said = said_in(PointInSerializer, request)
        point = fill_in(pk, position, by=principal(request), **said)
        return Response(self.get_serializer(point).data)

    def _all(self, code: int) -> Response:
        points = self.get_serializer(self.get_queryset(), many=True)
        return Response({"results": points.data}, status=code)
