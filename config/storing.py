"""Where files lie, those that people attach and those of reports: in a directory, or a bucket."""

from __future__ import annotations

from typing import Any


def attachment_storage(
    *, directory: str, bucket: str, endpoint: str, region: str
) -> dict[str, dict[str, Any]]:
    """Django's default storage. A bucket, if one is named, goes before the directory.

    Files are served by this server, which knows who may see them, so the bucket stays
    closed: no public links, no rights for all.
    """
    if not bucket:
        backend = "django.core.files.storage.FileSystemStorage"
        return {"default": {"BACKEND": backend, "OPTIONS": {"location": directory}}}
    options = {
        "bucket_name": bucket,
        "endpoint_url": endpoint or None,
        "region_name": region or None,
        "default_acl": None,
        "file_overwrite": False,
    }
    return {"default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}
