from __future__ import annotations

import numpy as np
import pytest

from mlops.evaluation.base import DataMissingError
from mlops.evaluation.smap_msl import evaluate, judge, run_detector, summary
from mlops.evaluation.subsequence_baselines import BASELINES
from mlops.evaluation.telemetry import Channel, read_channels
from tests.mlops.evaluation.public_data import DATA, needs

ROWS = np.arange(900)


def channel(name="X-1", scale=1.0, offset=0.0):
    """A wave that stands still for a while in its test part."""
    training = np.sin(ROWS * 2 * np.pi / 30) + np.random.default_rng(0).normal(0, 0.05, 900)
    test = np.sin(ROWS * 2 * np.pi / 30) + np.random.default_rng(1).normal(0, 0.05, 900)
    test[600:650] = 0.5
    return Channel(name, training * scale + offset, test * scale + offset, [(600, 649)])


@pytest.fixture
def folder(tmp_path):
    """A data folder with one made-up channel, whose ranges stand in two rows."""
    target = tmp_path / "smap_msl"
    target.mkdir()
    made = channel()
    commands = np.ones((900, 3))
    np.savez(
        target / "MSL.npz",
        **{
            "X-1_train_telemetry": made.training,
            "X-1_test_telemetry": np.column_stack([made.test, commands]),
            "Y-1_train_telemetry": made.training,
            "Y-1_test_telemetry": made.test,
        },
    )
    (target / "labeled_anomalies.csv").write_text(
        "chan_id,spacecraft,anomaly_sequences,class,num_values\n"
        'X-1,MSL,"[[600, 620]]",[point],900\n'
        'X-1,MSL,"[[630, 649]]",[point],900\n'
    )
    return tmp_path


def test_it_reads_labelled_channels_and_their_first_column(folder):
    (found,) = read_channels(folder / "smap_msl")

    assert found.name == "X-1"
    assert found.test.shape == (900,)
    assert np.flatnonzero(found.labels).tolist() == [*range(600, 621), *range(630, 650)]


def test_an_evaluation_gives_figures_baselines_and_plots(folder, tmp_path):
    result = evaluate(folder, tmp_path / "plots")

    assert result.met
    assert result.files == 1
    assert result.score == result.figures["vus_pr"]
    assert result.baselines.keys() == BASELINES.keys()
    assert result.score > (result.baselines["IsolationForest"]["vus_pr"] or 0)
    assert all(path.stat().st_size > 1000 for path in result.plots)
    assert len(result.plots) == 2


def test_no_channel_is_an_error(tmp_path):
    with pytest.raises(DataMissingError):
        evaluate(tmp_path, None)


def test_false_alarms_are_counted_where_nothing_is_labelled():
    made = channel()
    scores = np.zeros(900)
    scores[100:103] = scores[300] = scores[610:660] = 1

    figures = summary([judge(made, scores)])

    # Three rows, one row, and the ten after the range; 850 rows are normal.
    assert figures["false_alarms_per_1000_rows"] == pytest.approx(1000 * 14 / 850)
    assert figures["false_episodes_per_1000_rows"] == pytest.approx(1000 * 3 / 850)
    assert figures["ranges_found"] == 1


def test_too_little_history_scores_nothing():
    made = channel()

    outcome = run_detector(Channel("X-1", made.training[:50], made.test, made.ranges))

    assert not outcome.scores.any()
    assert outcome.vus_pr < 0.2


def test_a_scaled_and_renamed_copy_ranks_alike():
    original = run_detector(channel())

    copy = run_detector(channel(name="other", scale=1000, offset=7))

    assert copy.vus_pr == pytest.approx(original.vus_pr, abs=1e-6)
    assert ((copy.scores >= 1) == (original.scores >= 1)).all()


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_scores_each_row_of_the_test_part(name):
    made = channel()

    scores = BASELINES[name](made.training, made.test)

    assert scores.shape == (900,)
    assert np.isfinite(scores).all()


@needs("smap_msl")
def test_shipped_defaults_beat_noise_on_real_telemetry():
    real = min(read_channels(DATA / "smap_msl"), key=lambda channel: channel.test.size)

    noise = judge(real, BASELINES["random scores"](real.training, real.test))

    assert run_detector(real).vus_pr > noise.vus_pr
