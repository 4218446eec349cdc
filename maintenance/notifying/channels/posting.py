"""POST to a server that may be slow, wrong, or somebody else's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from maintenance.notifying.answers import asked_to_wait, is_passing
from maintenance.notifying.channels.base import Answer, DeliveryError
from maintenance.notifying.channels.targets import Target

if TYPE_CHECKING:
    import httpx

TIMEOUT = 10.0  # Seconds, for each step and for the answer as a whole
MOST_OF_ANSWER = 2_000  # Bytes; the rest is not read


def post(
    url: str, *, headers: Mapping[str, str], target: Target | None = None, **body: Any
) -> Answer:
    """Send a request and return how the answer begins. Raises DeliveryError.

    No redirect is followed. With a `target` the connection goes to that address whatever the
    name says by now; without one, proxies of the environment are used.
    """
    # Most processes never send anything.
    import httpx

    try:
        with httpx.Client(timeout=TIMEOUT, trust_env=target is None) as client:
            request = client.build_request("POST", url, headers=dict(headers), **body)
            if target:
                target.apply_to(request)
            return _exchange(client, request)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as exc:
        raise DeliveryError(_words(exc), is_passing=False) from exc
    except httpx.HTTPError as exc:
        raise DeliveryError(_words(exc), is_passing=True) from exc


def _exchange(client: httpx.Client, request: httpx.Request) -> Answer:
    deadline = time.monotonic() + TIMEOUT
    response = client.send(request, stream=True)
    try:
        answer = Answer(response.status_code, _beginning(response, deadline))
    finally:
        response.close()
    if response.is_success:
        return answer
    raise DeliveryError(
        f"HTTP {response.status_code} {response.reason_phrase}".rstrip(),
        is_passing=is_passing(response.status_code),
        answer=answer,
        retry_after=asked_to_wait(response.headers.get("Retry-After"), timezone.now()),
    )


def _beginning(response: httpx.Response, deadline: float) -> str:
    """How the body begins. It is not unpacked: a few bytes may hold a gigabyte."""
    found = b""
    for chunk in response.iter_raw(MOST_OF_ANSWER):
        found += chunk
        if len(found) >= MOST_OF_ANSWER or time.monotonic() > deadline:
            break
    return found[:MOST_OF_ANSWER].decode(errors="replace")


def _words(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}"
