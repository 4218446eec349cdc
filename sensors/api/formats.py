"""The formats that uploads come in, and what a request says about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from django.conf import settings
from django.utils.http import parse_header_parameters
from rest_framework import exceptions
from rest_framework.request import Request

from sensors.api.bodies import Body
from sensors.api.uploads import BrokenBody
from sensors.csv.uploads import decode_csv
from sensors.intake.decoding import Upload, decode_upload

Mode = Literal["live", "backfill"]
MODES: dict[str, Mode] = {"live": "live", "backfill": "backfill"}
DELIMITERS = {",": ",", ";": ";", "|": "|", "tab": "\t", "\t": "\t"}
DECIMALS = {".": False, ",": True}
UTF_8 = ("utf-8", "utf8", "us-ascii", "ascii")

T = TypeVar("T")
Decoder = Callable[[Body], Upload]


def decoder_for(request: Request) -> Decoder:
    """How to read the body, by its media type and the query. Refuses what it does not know."""
    media_type, parameters = parse_header_parameters(request.content_type or "")
    if media_type == "application/json":
        return _json(request)
    if media_type == "text/csv" and parameters.get("charset", "utf-8").lower() in UTF_8:
        return _csv(request)
    raise exceptions.UnsupportedMediaType(request.content_type)


def mode_of(request: Request) -> Mode | None:
    return chosen(request, "mode", MODES)


def chosen(request: Request, name: str, choices: dict[str, T]) -> T | None:
    """What a parameter of the query stands for; None where it is not given."""
    given = request.query_params.get(name)
    if given is None:
        return None
    if given not in choices:
        known = ", ".join(choice for choice in choices if choice.isprintable())
        raise exceptions.ValidationError({name: f"One of {known}"}, code=f"invalid_{name}")
    return choices[given]


def check_last_line(body: Body) -> None:
    """A line that was cut off may still look like one, with a value that nobody measured."""
    if not body.whole and body.data and not body.data.endswith(b"\n"):
        raise BrokenBody(
            "A body in chunks ends with a newline; here the last line may be cut off.",
            code="incomplete",
        )


def _json(request: Request) -> Decoder:
    mode = mode_of(request)

    def decode(body: Body) -> Upload:
        upload = decode_upload(body.data, most_readings=settings.MAX_READINGS_PER_BATCH)
        upload.mode = mode or upload.mode
        return upload

    return decode


def _csv(request: Request) -> Decoder:
    mode = mode_of(request)
    delimiter = chosen(request, "delimiter", DELIMITERS)
    decimal_comma = chosen(request, "decimal", DECIMALS)

    def decode(body: Body) -> Upload:
        check_last_line(body)
        return decode_csv(
            body.data,
            most_readings=settings.MAX_READINGS_PER_BATCH,
            delimiter=delimiter or ",",
            decimal_comma=bool(decimal_comma),
            mode=mode or "live",
        )

    return decode
