"""Trying a detector on stored history: asked for here, carried out in the background."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from rest_framework import exceptions, mixins, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from mlops.api.backtest_serializers import (
    BacktestInSerializer,
    BacktestResultSerializer,
    BacktestSerializer,
)
from mlops.api.choices import refused
from mlops.backtesting.asset_trials import Interval
from mlops.backtesting.history import MOST_READINGS, TooMuchHistoryError
from mlops.backtesting.questions import Question, QuestionError, on_duty, sensors_on
from mlops.backtesting.requests import MOST_UNFINISHED, TooManyUnfinishedError, ask
from mlops.chosen_detectors import DetectorChoiceError
from mlops.models import Backtest, ModelVersion
from mlops.registry import SHIPPED
from mlops.tasks import send_backtest
from sensors.access import Principal, Right
from sensors.api.assets import asset_named
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.pagination import NewestFirst
from sensors.api.parsers import StrictJsonParser
from sensors.api.queries import sensors_named
from sensors.models import Asset, Sensor


class SeveralSites(exceptions.APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "several_sites"
    default_detail = "The sensors of one back-test belong to one site."


class TooMuchHistory(exceptions.APIException):
    """Refused before it is read."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "too_many_readings"

    def __init__(self, error: TooMuchHistoryError) -> None:
        super().__init__(f"{error}.")
        self.members = {"readings": error.readings, "limit": MOST_READINGS}


class TooManyUnfinished(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "too_many_unfinished"
    default_detail = f"{MOST_UNFINISHED} back-tests of the site wait or run; let them end first."


class BacktestViewSet(
    Endpoint, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Backtest]
):
    pagination_class = NewestFirst
    parser_classes = [StrictJsonParser]
    filterset_fields = ["status", "detector"]

    def get_serializer_class(self) -> type[BacktestSerializer]:
        return BacktestSerializer if self.action == "list" else BacktestResultSerializer

    def get_queryset(self) -> QuerySet[Backtest]:
        visible = Backtest.objects.visible_to(principal(self.request))
        found = visible.select_related("site", "asset", "version").prefetch_related("sensors")
        return found.defer("result") if self.action == "list" else found

    def create(self, request: Request) -> Response:
        form = BacktestInSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = _kept(form.validated_data, principal(request))
        where = {"Location": f"/api/v1/ml/backtests/{asked.pk}"}
        body = BacktestResultSerializer(asked).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers=where)


@transaction.atomic
def _kept(said: dict[str, Any], sender: Principal) -> Backtest:
    try:
        asset, sensors, version = _tried_on(said, sender)
        _check_sites(sensors, sender)
        asked = ask(
            Question.of(
                sensors,
                said["from"],
                said["to"],
                said.get("detector") or SHIPPED,
                said["parameters"],
                labels=said["labels"],
                warm_up=said.get("warm_up"),
                train=_interval(said.get("train")),
                version=version,
            ),
            asked_by=sender.name,
            asset=asset,
        )
    except (DetectorChoiceError, QuestionError) as exc:
        raise refused(exc) from exc
    except TooMuchHistoryError as exc:
        raise TooMuchHistory(exc) from exc
    except TooManyUnfinishedError as exc:
        raise TooManyUnfinished from exc
    transaction.on_commit(lambda: send_backtest(asked.pk))
    return asked


def _tried_on(
    said: dict[str, Any], sender: Principal
) -> tuple[Asset | None, list[Sensor], ModelVersion | None]:
    if "asset" not in said:
        return None, sensors_named(dict.fromkeys(said["sensors"]), said["site"], sender), None
    asset = asset_named(said["asset"], said["site"], sender)
    if "version" not in said:
        return asset, sensors_on(asset), None
    version, sensors = on_duty(asset)
    return asset, sensors, version


def _interval(said: dict[str, datetime] | None) -> Interval | None:
    return (said["from"], said["to"]) if said else None


def _check_sites(sensors: list[Sensor], sender: Principal) -> None:
    """They are of one site, at which the sender may have back-tests run."""
    sites = {sensor.site_id for sensor in sensors}
    if len(sites) > 1:
        raise SeveralSites
    allowed = sender.sites(Right.CURATE)
    if allowed is not None and not sites <= set(allowed):
        raise exceptions.PermissionDenied
