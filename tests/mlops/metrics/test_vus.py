from __future__ import annotations

import numpy as np
import pytest

from mlops.metrics.vus import volume_under_surface

LABELS = np.zeros(200, dtype=int)
LABELS[80:100] = 1
LABELS[150:160] = 1


def test_perfect_scores_fill_both_volumes():
    volume = volume_under_surface(LABELS, LABELS.astype(float), buffer=20)

    assert volume.pr == pytest.approx(1)
    assert volume.roc == pytest.approx(1)


def test_constant_scores_get_the_share_of_anomalies():
    volume = volume_under_surface(LABELS, np.ones(200), buffer=0)

    assert volume.pr == pytest.approx(30 / 200)
    assert volume.roc == pytest.approx(0.5)


def test_inverted_scores_are_worse_than_constant_ones():
    volume = volume_under_surface(LABELS, -LABELS.astype(float), buffer=0)

    # Nothing is found before all 170 normal rows are alarms, and then all at once.
    assert volume.pr == pytest.approx(30 / 200)
    assert volume.roc == pytest.approx(0)


def test_a_ranking_without_buffer_is_average_precision():
    # By falling score: hit, miss, hit, miss. Precision 1 at recall 1/2, 2/3 at 1.
    volume = volume_under_surface([1, 1, 0, 0], [4.0, 2.0, 3.0, 1.0], buffer=0)

    assert volume.pr == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)
    assert volume.roc == pytest.approx(3 / 4)


def test_recall_is_cut_by_the_share_of_ranges_that_were_touched():
    # Falling: range 1, range 2, normal. Recall × touched is 1/2 × 1/2, then 1.
    volume = volume_under_surface([1, 0, 1], [3.0, 1.0, 2.0], buffer=0)
    one_range = volume_under_surface([1, 1, 0, 0, 1], [5.0, 4.0, 1.0, 2.0, 0.0], buffer=0)

    assert volume.pr == pytest.approx(1)
    # 1/3 × 1/2 and 2/3 × 1/2 at precision 1, then all at the last row with 3/5.
    assert one_range.pr == pytest.approx(1 / 3 * 1 + 2 / 3 * 3 / 5)


def test_a_near_miss_counts_for_the_root_of_its_distance():
    # One label, one alarm beside it. Buffer 2 reaches one row and weighs it √½; recall
    # there is √½ ÷ (1 + √½ ÷ 2), and the label itself follows with the second alarm.
    labels, scores = [0, 0, 1, 0, 0, 0], [0.0, 9.0, 5.0, 0.0, 0.0, 0.0]
    near = np.sqrt(0.5)
    first = near / (1 + near / 2)
    with_margin = first * near + (1 - first) * (1 + near) / 2

    volume = volume_under_surface(labels, scores, buffer=2)

    # Buffers 0 and 1 have no margin: the label comes second, at precision 1/2.
    assert volume.pr == pytest.approx((1 / 2 + 1 / 2 + with_margin) / 3)


def test_a_late_alarm_is_worth_more_than_one_anywhere():
    late, elsewhere = np.zeros(200), np.zeros(200)
    late[85:105] = late[152:162] = 1
    elsewhere[20:50] = 1

    assert (
        volume_under_surface(LABELS, late, 20).pr
        > volume_under_surface(LABELS, late, 0).pr
        > volume_under_surface(LABELS, elsewhere, 20).pr
    )


def test_only_the_order_of_scores_matters():
    scores = np.random.default_rng(0).normal(size=200)

    volume = volume_under_surface(LABELS, scores, 20)

    assert volume_under_surface(LABELS, np.exp(scores) * 1000 + 7, 20) == volume


def test_a_range_at_either_end_keeps_its_margin_inside():
    labels = np.zeros(50, dtype=int)
    labels[:5] = labels[-5:] = 1

    volume = volume_under_surface(labels, labels.astype(float), buffer=30)

    assert volume.pr == pytest.approx(1)


@pytest.mark.parametrize(
    ("labels", "scores"),
    [([0, 0], [1.0, 2.0]), ([0, 1], [1.0, np.nan]), ([0, 1], [1.0, 2.0, 3.0])],
    ids=["no anomaly", "a score is NaN", "lengths differ"],
)
def test_it_refuses_what_it_cannot_measure(labels, scores):
    with pytest.raises(ValueError, match=r"labelled|NaN|length"):
        volume_under_surface(labels, scores, buffer=0)
