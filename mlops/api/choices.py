"""A detector by name and parameters, as a request gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import exceptions, status

from mlops.backtesting.questions import QuestionError
from mlops.chosen_detectors import Choice, DetectorChoiceError


class CannotChoose(exceptions.APIException):
    """There is no such detector, or it cannot be had like this."""

    status_code = status.HTTP_400_BAD_REQUEST


def choice_of(name: str, parameters: Mapping[str, Any]) -> Choice:
    """Raises CannotChoose."""
    try:
        return Choice.of(name, parameters)
    except DetectorChoiceError as exc:
        raise refused(exc) from exc


def refused(error: DetectorChoiceError | QuestionError) -> CannotChoose:
    return CannotChoose(str(error), code=error.code)
