"""Sign webhooks so that the receiver can tell who sent them. Pure.

References: Standard Webhooks, specification 1.0, https://www.standardwebhooks.com
"""

from __future__ import annotations

import base64
import hashlib
import hmac

PREFIX = "whsec_"


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message; the signature only where there is a secret.

    `message_id` stays the same when the message is sent again, `timestamp` (in seconds) does
    not. Raises ValueError for a secret that says it is base64 and is not.
    """
    headers = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    if secret:
        signed = f"{message_id}.{timestamp}.".encode() + body
        digest = hmac.new(key_of(secret), signed, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def key_of(secret: str) -> bytes:
    """The key: whsec_ and base64, or else the characters of the secret themselves."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError as exc:
        raise ValueError("what follows whsec_ is not base64") from exc
