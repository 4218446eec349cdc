"""Reports: asked for here, made in the background, downloaded when they are done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from rest_framework import exceptions, mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import ActEndpoint
from maintenance.api.kpis import CannotCompute
from maintenance.api.sites import site_named
from maintenance.figures.question import FiguresError
from maintenance.models import Report, ReportFile
from maintenance.reports.asking import ask
from maintenance.reports.downloading import download_of
from sensors.access import Principal
from sensors.api.aside_serializers import Strict
from sensors.api.assets import asset_named
from sensors.api.authentication import principal
from sensors.api.pagination import NewestFirst
from sensors.store.reading import EARLIEST, LATEST


class ReportInSerializer(Strict):
    """The half-open interval [from, to), of a site or an asset with its parts."""

    kind = serializers.ChoiceField(Report.Kind.choices)
    site = serializers.CharField(max_length=40, required=False, default="")
    asset = serializers.CharField(max_length=100, required=False)
    to = serializers.DateTimeField()
    as_of = serializers.DateTimeField(required=False)

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's own, so it cannot be written as a class attribute.
        return super().get_fields() | {"from": serializers.DateTimeField()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name, value in attrs.items():
            if isinstance(value, datetime):
                attrs[name] = min(max(value, EARLIEST), LATEST)
        if attrs["from"] >= attrs["to"]:
            words = serializers.ErrorDetail("`to` has to be after `from`.", code="before_from")
            raise serializers.ValidationError({"to": [words]})
        missing = [serializers.ErrorDetail("This field is required.", code="required")]
        if attrs["kind"] == Report.Kind.ASSET_HISTORY and "asset" not in attrs:
            raise serializers.ValidationError({"asset": missing})
        if "asset" not in attrs and not attrs["site"]:
            raise serializers.ValidationError({"site": missing})
        return attrs


class ReportSerializer(serializers.ModelSerializer[Report]):
    site = serializers.CharField(source="site.code")
    asset = serializers.CharField(source="asset.tag", default=None)
    to = serializers.DateTimeField(source="end")

    class Meta:
        model = Report
        fields = [
            "id",
            "kind",
            "site",
            "asset",
            "to",
            "as_of",
            "status",
            "percent",
            "asked_by",
            "asked_at",
            "finished_at",
            "digest",
            "error",
        ]

    def to_representation(self, report: Report) -> dict[str, Any]:
        shown = super().to_representation(report)
        shown["from"] = serializers.DateTimeField().to_representation(report.start)
        shown["files"] = {
            file.form: {
                "url": f"/api/v1/reports/{report.pk}/files/{file.form}",
                "size": file.size,
                "sha256": file.digest,
            }
            for file in report.files.all()
        }
        return shown


class ReportViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Report],
):
    serializer_class = ReportSerializer
    pagination_class = NewestFirst
    filterset_fields = ["kind", "status", "site__code", "asset__tag"]

    def get_queryset(self) -> QuerySet[Report]:
        visible = Report.objects.visible_to(principal(self.request))
        return visible.select_related("site", "asset").prefetch_related("files")

    def create(self, request: Request) -> Response:
        """202 while it is made; 200 for a request whose report is there."""
        form = ReportInSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        report = _asked(form.validated_data, principal(request))
        done = report.status == Report.Status.DONE
        code = status.HTTP_200_OK if done else status.HTTP_202_ACCEPTED
        where = {"Location": f"/api/v1/reports/{report.pk}"}
        return Response(self.get_serializer(report).data, status=code, headers=where)

    @action(detail=True, url_path="files/(?P<form>[a-z]+)", url_name="file")
    def file(self, request: Request, pk: str, form: str) -> FileResponse:
        report = self.get_object()
        file = report.files.filter(form=form).first() if form in ReportFile.Form else None
        if file is None:
            words = f"There is no {form} of this report; it is {report.status}."
            raise exceptions.NotFound(words, code="no_file")
        return download_of(file)


def _asked(said: dict[str, Any], by: Principal) -> Report:
    asset = asset_named(said["asset"], said["site"], by) if "asset" in said else None
    now = timezone.now()
    try:
        report, _ = ask(
            said["kind"],
            asset.site if asset else site_named(said["site"], by),
            asset,
            start=said["from"],
            end=said["to"],
            as_of=min(said.get("as_of", now), now),
            by=by,
        )
    except FiguresError as exc:
        raise CannotCompute(exc) from exc
    return report
