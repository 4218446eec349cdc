"""Figures of an interval, and the rows that each is made of."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.http import urlencode
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.sites import site_named
from maintenance.figures.answering import figures_of
from maintenance.figures.catalogue import CATALOGUE, WHY
from maintenance.figures.figure import Figure, Row
from maintenance.figures.question import FiguresError, Question
from sensors.access import Principal, Right
from sensors.api.assets import asset_named
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.filters import MomentField
from sensors.api.pagination import limit_of
from sensors.api.queries import IntervalForm, checked
from sensors.models import Asset, Site

USUAL_PAGE, LARGEST_PAGE = 100, 1_000
# What of a row has an address of its own.
ADDRESSES = {
    "anomaly": "/api/v1/anomalies/{}",
    "life": "/api/v1/lives/{}",
    "work_order": "/api/v1/work-orders/{}",
}


class CannotCompute(exceptions.APIException):
    """What was asked for is too much."""

    status_code = status.HTTP_400_BAD_REQUEST

    def __init__(self, error: FiguresError) -> None:
        super().__init__(error.detail, error.code)
        self.members = {"limit": error.limit}


class FiguresForm(IntervalForm):
    site = forms.CharField(required=False)
    asset = forms.CharField(required=False)
    as_of = MomentField(required=False)


class RowsForm(FiguresForm):
    offset = forms.IntegerField(required=False, min_value=0, max_value=10_000_000)


class Asked:
    """The parameters of a request as a question, and as the address of the same question."""

    def __init__(self, request: Request, form: type[FiguresForm] = FiguresForm) -> None:
        self.said = checked(form, request)
        asker = principal(request)
        code, name = self.said["site"], self.said["asset"]
        self.site = site_named(code, asker) if code else None
        self.asset: Asset | None = asset_named(name, code, asker) if name else None
        now = timezone.now()
        try:
            self.question = Question.about(
                self._sites(asker),
                self.asset.pk if self.asset else None,
                start=self.said["from"],
                end=self.said["to"],
                as_of=min(self.said["as_of"] or now, now),
            )
        except FiguresError as exc:
            raise CannotCompute(exc) from exc

    def _sites(self, asker: Principal) -> tuple[int, ...]:
        if self.asset:
            return (self.asset.site_id,)
        if self.site:
            return (self.site.pk,)
        allowed = asker.sites(Right.READ)
        if allowed is None:
            return tuple(Site.objects.order_by("pk").values_list("pk", flat=True))
        return tuple(sorted(allowed))

    def figures(self) -> dict[str, Figure]:
        try:
            return figures_of(self.question)
        except FiguresError as exc:
            raise CannotCompute(exc) from exc

    def in_words(self) -> dict[str, Any]:
        moment = serializers.DateTimeField().to_representation
        site = self.asset.site if self.asset else self.site
        return {
            "site": site.code if site else None,
            "asset": self.asset.tag if self.asset else None,
            "from": moment(self.question.start),
            "to": moment(self.question.end),
            "as_of": moment(self.question.as_of),
        }

    def rows_of(self, name: str, **more: int) -> str:
        """Where the rows of a figure are, whatever the clock says then."""
        words = {key: value for key, value in self.in_words().items() if value is not None}
        return f"/api/v1/kpis/{name}/rows?{urlencode(words | more)}"


class KpiView(Endpoint):
    """All figures at once: they share their rows."""

    def get(self, request: Request) -> Response:
        asked = Asked(request)
        figures = {
            name: {
                "title": CATALOGUE[name].title,
                "formula": CATALOGUE[name].formula,
                "source": CATALOGUE[name].source,
                **figure.in_words(),
                "why_in_words": WHY.get(figure.why),
                "rows": asked.rows_of(name),
            }
            for name, figure in asked.figures().items()
        }
        return Response(asked.in_words() | {"figures": figures})


class KpiRowsView(Endpoint):
    """The rows that one figure is made of, in pages."""

    def get(self, request: Request, name: str) -> Response:
        if name not in CATALOGUE:
            raise exceptions.NotFound(f"There is no figure {name!r}", code="unknown_figure")
        asked = Asked(request, RowsForm)
        figure = asked.figures()[name]
        offset = asked.said["offset"] or 0
        after = offset + limit_of(request, USUAL_PAGE, LARGEST_PAGE)
        more = {"offset": after, "limit": after - offset}
        page = {
            "figure": name,
            "unit": figure.unit,
            "count": len(figure.rows),
            "next": asked.rows_of(name, **more) if after < len(figure.rows) else None,
            "results": [_row(row) for row in figure.rows[offset:after]],
        }
        return Response(asked.in_words() | page)


def _row(row: Row) -> dict[str, Any]:
    moment = serializers.DateTimeField().to_representation
    address = ADDRESSES.get(row.kind)
    return {
        "kind": row.kind,
        "id": row.pk,
        "at": moment(row.at),
        "value": row.value,
        "url": address.format(row.pk) if address else None,
    }
