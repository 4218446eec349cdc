"""SMAP and MSL: a detector fitted on the training part of each channel scores its test part.

The volume under the surface and never point-adjusted F1, which noise wins as well. The
longest buffer is the period of the test part, or 125, as in the TSB benchmarks; with a
buffer of 100 everywhere the figure is the same to a hundredth.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlops.detectors.base import ALARM_LINE, Block, NotEnoughHistoryError, Values
from mlops.detectors.period import dominant_period
from mlops.detectors.subsequences import Subsequences
from mlops.evaluation.base import DataMissingError, Result
from mlops.evaluation.smap_msl_plots import plot_channels, plot_example
from mlops.evaluation.subsequence_baselines import BASELINES, Baseline
from mlops.evaluation.telemetry import FOLDER, Channel, read_channels
from mlops.metrics.vus import volume_under_surface

GOAL = 0.47
CHANNELS = 81
BUFFER = 125
NOTE = (
    "On a few channels the normal readings of the test part are unlike all of the training "
    "part: they make most of the false alarms of the mean; the median is that of the others."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one method made of one channel. Times are seconds, sizes bytes."""

    channel: Channel
    scores: Values
    vus_pr: float
    vus_roc: float
    vus_pr_100: float
    fitting: float = 0.0
    scoring: float = 0.0
    model: int = 0
    state: int = 0


def evaluate(data: Path, plots: Path | None) -> Result:
    """The shipped sub-sequence detector against baselines, over all channels there are."""
    channels = list(read_channels(data / FOLDER))
    if not channels:
        raise DataMissingError(f"no labelled channel in {data / FOLDER}")
    outcomes = [run_detector(channel) for channel in channels]
    baselines = {
        name: summary([run_baseline(channel, baseline) for channel in channels])
        for name, baseline in BASELINES.items()
    }
    score = float(np.mean([outcome.vus_pr for outcome in outcomes]))
    return Result(
        score=score,
        goal=f"mean VUS-PR ≥ {GOAL}",
        met=score >= GOAL,
        figures=summary(outcomes) | costs(outcomes),
        baselines=baselines,
        files=len(channels),
        of=CHANNELS,
        plots=_draw(outcomes, plots) if plots else (),
        notes=(NOTE,),
    )


def run_detector(channel: Channel) -> Outcome:
    """Fit and score; a channel with too little history scores 0 throughout."""
    detector = Subsequences()
    began = time.perf_counter()
    try:
        detector.fit(_block(channel.training))
    except NotEnoughHistoryError:
        return judge(channel, np.zeros(channel.test.size))
    fitted = time.perf_counter()
    state = detector.begin(1)
    scores, _ = detector.score(_block(channel.test), state)
    ended = time.perf_counter()
    return judge(
        channel,
        np.nan_to_num(scores.score[:, 0]),
        fitting=fitted - began,
        scoring=ended - fitted,
        model=detector.nbytes,
        state=state.nbytes,
    )


def run_baseline(channel: Channel, baseline: Baseline) -> Outcome:
    return judge(channel, baseline(channel.training, channel.test))


def judge(channel: Channel, scores: Values, **costs: float) -> Outcome:
    """Both volumes with the buffer of the protocol, and with one of 100."""
    buffer = dominant_period(channel.test, BUFFER, settled=False)
    volume = volume_under_surface(channel.labels, scores, buffer)
    fixed = volume_under_surface(channel.labels, scores, 100).pr
    return Outcome(channel, scores, volume.pr, volume.roc, fixed, **costs)  # type: ignore[arg-type]


def summary(outcomes: Sequence[Outcome]) -> dict[str, float | int | None]:
    """Means over channels. Alarms are false in rows that no range covers."""
    false = [_false_alarms(outcome) for outcome in outcomes]
    found = [
        bool((o.scores[first : last + 1] >= ALARM_LINE).any())
        for o in outcomes
        for first, last in o.channel.ranges
    ]
    return {
        "vus_pr": float(np.mean([o.vus_pr for o in outcomes])),
        "vus_roc": float(np.mean([o.vus_roc for o in outcomes])),
        "vus_pr_buffer_100": float(np.mean([o.vus_pr_100 for o in outcomes])),
        "vus_pr_median": float(np.median([o.vus_pr for o in outcomes])),
        "channels": len(outcomes),
        "false_alarms_per_1000_rows": float(np.mean([rows for rows, _ in false])),
        "false_alarms_per_1000_rows_median": float(np.median([rows for rows, _ in false])),
        "false_episodes_per_1000_rows": float(np.mean([runs for _, runs in false])),
        "ranges_found": float(np.mean(found)),
    }


def costs(outcomes: Sequence[Outcome]) -> dict[str, float | int | None]:
    readings = sum(o.scores.size for o in outcomes)
    return {
        "cost_us_per_reading": 1e6 * sum(o.scoring for o in outcomes) / readings,
        "fit_seconds_per_series": float(np.mean([o.fitting for o in outcomes])),
        "model_bytes_per_series": float(np.mean([o.model for o in outcomes])),
        "state_bytes_per_series": float(np.mean([o.state for o in outcomes])),
    }


def _false_alarms(outcome: Outcome) -> tuple[float, float]:
    """Rows past the alarm line, and runs of them, in a thousand rows without anomaly."""
    normal = ~outcome.channel.labels
    past = (outcome.scores >= ALARM_LINE) & normal
    runs = np.count_nonzero(np.diff(past.astype(np.int8), prepend=0) == 1)
    rows = max(int(normal.sum()), 1)
    return 1000 * int(past.sum()) / rows, 1000 * runs / rows


def _block(values: Values) -> Block:
    micros = np.arange(values.size, dtype=np.int64)[:, None] * 60_000_000
    return Block(micros, values[:, None])


def _draw(outcomes: Sequence[Outcome], folder: Path) -> tuple[Path, ...]:
    reference = [
        run_baseline(outcome.channel, BASELINES["IsolationForest on 10 lags"]).vus_pr
        for outcome in outcomes
    ]
    ranked = sorted(outcomes, key=lambda outcome: outcome.vus_pr)
    middle = ranked[len(ranked) // 2]
    names = [outcome.channel.name for outcome in outcomes]
    volumes = [outcome.vus_pr for outcome in outcomes]
    return (
        plot_channels(folder / "smap_msl_channels.png", names, volumes, reference),
        plot_example(folder / "smap_msl_example.png", middle.channel, middle.scores),
    )
