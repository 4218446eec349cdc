"""Every evaluation there is, by the name under which its figures are reported."""

from __future__ import annotations

from mlops.evaluation import (
    batadal,
    cmapss,
    false_alarms,
    forecast,
    ims,
    nab,
    nab_disguised,
    skab,
    smap_msl,
    tep,
    univariate_cost,
)
from mlops.evaluation.base import Evaluation

EVALUATIONS: dict[str, Evaluation] = {
    "nab": nab.evaluate,
    "nab_disguised": nab_disguised.evaluate,
    "skab": skab.evaluate,
    "tep": tep.evaluate,
    "batadal": batadal.evaluate,
    "smap_msl": smap_msl.evaluate,
    "cmapss_fd001": cmapss.evaluate_fd001,
    "cmapss_fd002": cmapss.evaluate_fd002,
    "cmapss_fd003": cmapss.evaluate_fd003,
    "cmapss_fd004": cmapss.evaluate_fd004,
    "forecast": forecast.evaluate,
    "ims": ims.evaluate,
    "false_alarms": false_alarms.evaluate,
    "univariate_cost": univariate_cost.evaluate,
}
