"""Remaining life on the turbofan run-to-failure sets FD001 to FD004.

All four are run with the defaults of RemainingLife. They were chosen by cross-validation
over training units; test labels were only looked at to report.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge

from mlops.evaluation.base import Figures, Result
from mlops.evaluation.cmapss_files import Split, read_split
from mlops.evaluation.cmapss_plots import plot_forecasts, plot_life
from mlops.metrics.remaining_life import BandCover, cover, cover_by_band, phm08_score, rmse
from mlops.remaining_life.histories import Values, in_canonical_order
from mlops.remaining_life.model import RemainingLife
from mlops.remaining_life.regimes import RegimeScaler

FOLDER = "cmapss"
BANDS = np.array([0.0, 25.0, 50.0, 75.0, 100.0, 125.0])
STATED = 0.9
COVER_GOAL = (0.87, 0.93)
WORST_BAND_GOAL = 0.80


def evaluate(data: Path, plots: Path | None, *, name: str, goal: float) -> Result:
    """Learn from the training units, forecast each test unit once, after its last row."""
    split = read_split(data / FOLDER, name)
    begun = time.perf_counter()
    model = RemainingLife().fit(split.train)
    fitted = time.perf_counter()
    forecasts = [model.predict(history) for history in split.test]
    each = (time.perf_counter() - fitted) / len(split.test)
    life = np.array([forecast.life for forecast in forecasts])
    low = np.array([forecast.intervals[STATED].low for forecast in forecasts])
    high = np.array([forecast.intervals[STATED].high for forecast in forecasts])
    capped = np.minimum(split.left, model.cap)
    bands = cover_by_band(capped, low, high, BANDS)
    figures = {
        **accuracy(split.left, life, model.cap),
        "cover90": cover(capped, low, high),
        "worst_band_cover90": min(band.cover for band in bands),
        "mean_width90": float(np.mean(high - low)),
        "rmse_cross_validated": model.rmse_,
        "fit_seconds": fitted - begun,
        "predict_ms": each * 1e3,
    }
    return Result(
        score=figures["rmse_capped"],
        goal=f"RMSE ≤ {goal} with labels capped at {model.cap:.0f}, cover of 90 % intervals "
        f"{COVER_GOAL[0]}–{COVER_GOAL[1]}, in the worst band ≥ {WORST_BAND_GOAL}",
        met=is_met(figures, goal),
        figures=figures,
        baselines=baselines(split, model.cap),
        files=split.files,
        of=3,
        plots=draw(plots, name, model, split, np.vstack([life, low, high])),
        notes=tuple(described(band) for band in bands) + about_the_split(split),
    )


def accuracy(left: Values, life: Values, cap: float) -> dict[str, float]:
    """Errors against labels capped as the forecasts are, and against the labels as given."""
    capped = np.minimum(left, cap)
    return {
        "rmse_capped": rmse(capped, life),
        "rmse_uncapped": rmse(left, life),
        "phm08_capped": phm08_score(capped, life),
        "phm08_uncapped": phm08_score(left, life),
    }


def is_met(figures: Figures, goal: float) -> bool:
    error, whole, worst = (
        figures[name] or 0.0 for name in ("rmse_capped", "cover90", "worst_band_cover90")
    )
    within = COVER_GOAL[0] <= whole <= COVER_GOAL[1]
    return error <= goal and within and worst >= WORST_BAND_GOAL


def baselines(split: Split, cap: float) -> dict[str, Figures]:
    """What knowing only the age gives, and what knowing only the last row gives."""
    ages = np.array([history.rows for history in split.test], dtype=np.float64)
    mean = np.mean([history.rows for history in split.train])
    by_age = np.clip(mean - ages, 0, cap)
    by_row = np.clip(last_row_ridge(split, cap), 0, cap)
    return {
        "mean life minus age": accuracy(split.left, by_age, cap),
        "ridge on the last row": accuracy(split.left, by_row, cap),
    }


def last_row_ridge(split: Split, cap: float) -> Values:
    scaler = RegimeScaler().fit(in_canonical_order(split.train))
    rows = np.vstack([scaler.transform(history)[0] for history in split.train])
    left = np.concatenate([history.remaining(cap) for history in split.train])
    last = np.vstack([scaler.transform(history)[0][-1] for history in split.test])
    forecast: Values = Ridge().fit(rows, left).predict(last)
    return forecast


def draw(
    plots: Path | None, name: str, model: RemainingLife, split: Split, forecasts: Values
) -> tuple[Path, ...]:
    if plots is None:
        return ()
    longest = int(np.argmax([history.rows for history in split.test]))
    return (
        plot_forecasts(plots / f"{name.lower()}_forecasts.png", split.left, forecasts, model.cap),
        plot_life(
            plots / f"{name.lower()}_life.png", model, split.test[longest], split.left[longest]
        ),
    )


def described(band: BandCover) -> str:
    return (
        f"cover of 90 % intervals with {band.start:.0f} to {band.end:.0f} left: "
        f"{band.cover:.2f} of {band.count}"
    )


def about_the_split(split: Split) -> tuple[str, ...]:
    if split.files == 3:
        return ()
    return ("no test file: a fifth of the training units was held out, each cut off five times",)


evaluate_fd001 = partial(evaluate, name="FD001", goal=11.5)
evaluate_fd002 = partial(evaluate, name="FD002", goal=10.5)
evaluate_fd003 = partial(evaluate, name="FD003", goal=12.0)
evaluate_fd004 = partial(evaluate, name="FD004", goal=12.0)
