"""Models of remaining life, kept and loaded: only what this program, as it is, wrote."""

from __future__ import annotations

import logging
import pickle
from datetime import timedelta
from functools import lru_cache

from mlops import artifacts
from mlops.learning.life_rows import Layout
from mlops.models import ModelVersion
from mlops.registry import UNUSABLE
from mlops.remaining_life.model import RemainingLife
from mlops.remaining_life.storage import SKLEARN, dump, load
from sensors.models import AssetType

logger = logging.getLogger(__name__)

KIND = "remaining_life"
# Another number when what is learnt changes its meaning.
CODE = 1
LIBRARY = f"scikit-learn {SKLEARN}"
# Models that a process keeps, of some megabytes each.
KEPT_MODELS = 16
# Trees of another release of this program may lack what this one looks for.
BROKEN = (*UNUSABLE, AttributeError, ImportError, pickle.UnpicklingError)


def save(model: RemainingLife) -> str:
    """Keep a model for good and return the SHA-256 that it is found by. Needs a transaction."""
    content, _ = dump(model)
    return artifacts.save_bytes(content, artifacts.TREES)


def on_duty(asset_type: AssetType | int) -> ModelVersion | None:
    return ModelVersion.objects.active().filter(kind=KIND, asset_type=asset_type).first()


def broken(asset_type: AssetType | int) -> ModelVersion | None:
    """The version on duty, if it cannot be loaded."""
    version = on_duty(asset_type)
    return version if version and loaded(version) is None else None


def loaded(version: ModelVersion) -> RemainingLife | None:
    """The model of a version; None, and a line in the log, if it cannot be loaded.

    The library is checked before a byte is read: a pickle of another release may load and
    be wrong, or not load at all.
    """
    if version.code != CODE or version.parameters.get("library") != LIBRARY:
        logger.warning("%s is of an older method or library", version)
        return None
    try:
        model = _model(version.artifact_digest)
        columns = layout_of_version(version)
        if model.columns_ != (len(columns.settings), len(columns.sensors)):
            raise ValueError("it learnt other columns than it says")
    except BROKEN as exc:
        logger.error("%s cannot be loaded: %r", version, exc)
        return None
    return model


def layout_of_version(version: ModelVersion) -> Layout:
    """What rows the model of a version takes."""
    count = int(version.parameters["settings"])
    return Layout(
        settings=tuple(version.columns[:count]),
        sensors=tuple(version.columns[count:]),
        width=timedelta(seconds=version.parameters["bin_seconds"]),
    )


@lru_cache(maxsize=KEPT_MODELS)
def _model(digest: str) -> RemainingLife:
    # What the digest names never changes, so neither does what is kept here.
    return load(artifacts.load_bytes(digest, artifacts.TREES), digest)
