"""Put pictures and documents on an order, through whichever storage Django is set to."""

from __future__ import annotations

import unicodedata
import uuid
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.base import File
from django.db import transaction

from maintenance.models import Attachment, WorkOrder
from maintenance.orders.sniffing import KINDS, NotWhatItSaysError, content_type_of, ending_of
from maintenance.refusals import InvalidError, RefusedError, require
from sensors.access import Principal, Right

MOST_ATTACHMENTS = 50
LONGEST_NAME = 150


def attach(pk: int, *, by: Principal, file: File) -> Attachment:
    """Keep a file with an order, in any state of it.

    It is stored under a name of our own; the one it came with is only shown. Raises
    InvalidError: type_not_taken, content_does_not_fit, too_large, empty; RefusedError:
    too_many_rows.
    """
    order = WorkOrder.objects.select_related("asset").get(pk=pk)
    require(by, Right.WORK, order.asset.site_id)
    name = _shown_name(file.name or "")
    content_type = _checked(name, file)
    row = Attachment(
        work_order=order,
        name=name,
        content_type=content_type,
        size=file.size,
        added_by=by.name[:150],
    )
    # Before the transaction: nobody waits for an order while a file is on its way.
    row.file.save(f"{uuid.uuid4().hex}.{ending_of(name)}", file, save=False)
    try:
        _keep(row)
    except BaseException:
        # A storage knows no transactions: nothing may stay that no row names.
        row.file.storage.delete(row.file.name or "")
        raise
    return row


@transaction.atomic
def _keep(row: Attachment) -> None:
    order = WorkOrder.objects.locked(row.work_order_id)
    if order.attachments.count() >= MOST_ATTACHMENTS:
        raise RefusedError("too_many_rows", f"An order takes {MOST_ATTACHMENTS} files.")
    row.save()


def _checked(name: str, file: File) -> str:
    limit = settings.MAX_ATTACHMENT_BYTES
    if file.size > limit:
        raise InvalidError("too_large", f"A file has {limit} bytes at most.", limit=limit)
    if not file.size:
        raise InvalidError("empty", "The file is empty.")
    if ending_of(name) not in KINDS:
        known = sorted(KINDS)
        raise InvalidError("type_not_taken", f"Taken are {', '.join(known)}.", allowed=known)
    try:
        return content_type_of(name, file)  # type: ignore[arg-type]
    except NotWhatItSaysError as exc:
        detail = f"The content of the file is not {ending_of(name)}."
        raise InvalidError("content_does_not_fit", detail) from exc


def _shown_name(name: str) -> str:
    """The name without a path and without characters that are not seen, cut in its middle."""
    last = PurePosixPath(name.replace("\\", "/")).name
    seen = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip()
    path = PurePosixPath(seen or "file")
    return f"{path.stem[: LONGEST_NAME - len(path.suffix[:10])]}{path.suffix[:10]}"
