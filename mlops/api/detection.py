"""Readings scored and not stored: to try detectors, and for those who store elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.http import parse_header_parameters
from rest_framework import exceptions, status
from rest_framework.request import Request

from mlops.api.choices import choice_of, refused
from mlops.api.given_readings import InvalidReadingsError, Question, decode_question
from mlops.api.placed_readings import Placed
from mlops.chosen_detectors import DetectorChoiceError
from mlops.watching.scoring import score_given
from sensors.access import Principal
from sensors.api.answers import json_answer
from sensors.api.authentication import principal
from sensors.api.bodies import body_of
from sensors.api.endpoints import Endpoint
from sensors.api.uploads import UnreadableUpload
from sensors.intake.decoding import UnreadableUploadError
from sensors.models import Sensor

# Of each that the detectors do not know, some of the history is gone through.
MOST_SENSORS = 100


class InvalidReadings(exceptions.APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "invalid_readings"

    def __init__(self, error: InvalidReadingsError) -> None:
        super().__init__(str(error))
        self.members = {
            "rejected": error.rejected,
            "rejections": [asdict(rejection) for rejection in error.rejections],
        }


class TooManySensors(exceptions.APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "too_many_sensors"
    default_detail = f"Readings of {MOST_SENSORS} sensors can be scored at once."


class DetectView(Endpoint):
    # The body is read as it is, see bodies.py.
    parser_classes = []

    def post(self, request: Request) -> HttpResponseBase:
        question = _question(request)
        choice = None
        if question.detector is not None:
            choice = choice_of(question.detector, question.parameters)
        site = request.query_params.get("site", "")
        found = _sensors({r.sensor_id for r in question.readings}, site, principal(request))
        placed = Placed(question.readings, found, timezone.now())
        sensors = {sensor.pk: sensor for (sensor,) in placed.known.values()}
        try:
            answers = score_given(placed.given(), sensors, choice)
        except DetectorChoiceError as exc:
            raise refused(exc) from exc
        return json_answer(placed.in_words(answers))


def _question(request: Request) -> Question:
    media_type, _ = parse_header_parameters(request.content_type or "")
    if media_type != "application/json":
        raise exceptions.UnsupportedMediaType(request.content_type)
    try:
        return decode_question(body_of(request).data)
    except UnreadableUploadError as exc:
        raise UnreadableUpload(str(exc), code=exc.code) from exc
    except InvalidReadingsError as exc:
        raise InvalidReadings(exc) from exc


def _sensors(codes: Iterable[str], site: str, asker: Principal) -> dict[str, list[Sensor]]:
    """The sensors of each code that the asker may see; several, if sites share a code."""
    rows = Sensor.objects.visible_to(asker).filter(code__in=list(codes))
    rows = rows.select_related("gate").order_by("pk")
    if site:
        rows = rows.filter(site__code=site)
    several = list(rows[: 2 * MOST_SENSORS + 1])
    found: dict[str, list[Sensor]] = {}
    for sensor in several:
        found.setdefault(sensor.code, []).append(sensor)
    if len(found) > MOST_SENSORS or len(several) > 2 * MOST_SENSORS:
        raise TooManySensors
    return found
