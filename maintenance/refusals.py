"""What the rules refuse, in one shape: the API answers 409 or 403, the admin warns."""

from __future__ import annotations

from typing import Any

from sensors.access import Principal, Right


class RefusedError(Exception):
    """The rules do not allow it now. `code` is stable, the message is for people, and
    `members` tell programs more, such as what would be allowed."""

    status = 409

    def __init__(self, code: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.members = members


class NotAllowedError(RefusedError):
    """Somebody else may do this, or the same person at another site."""

    status = 403


class InvalidError(RefusedError):
    """What was asked for can never be so, whoever asks and whenever."""

    status = 400


def require(by: Principal, right: Right, site_id: int) -> None:
    """Raise NotAllowedError unless the principal has the right at the site.

    Every act on a row goes through here: what may be seen may not be changed for that alone.
    """
    if not by.may_at(right, site_id):
        detail = f"{by.name} has not the right to {right} at this site."
        raise NotAllowedError("permission_denied", detail, right=str(right))
