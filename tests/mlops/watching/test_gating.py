from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.detectors.base import Block, NotEnoughHistoryError
from mlops.detectors.gating import Gate, away_from_stops
from mlops.detectors.operating_state import OperatingState

SECOND = 1_000_000


def readings(values, step=1, start=0):
    column = np.array(values, dtype=float)[:, None]
    return Block(start * SECOND + np.arange(len(column))[:, None] * step * SECOND, column)


def running(gate, values):
    return gate.running(readings(values), gate.begin(1))[0].ravel().tolist()


def test_a_machine_above_its_threshold_runs():
    assert running(Gate(on=10).fit(), [5, 10, 11, 5]) == [False, False, True, False]


def test_between_off_and_on_it_stays_as_it_was():
    gate = Gate(on=10, off=5).fit()

    assert running(gate, [0, 7, 12, 7, 4, 7]) == [False, False, True, True, False, False]


def test_after_a_start_it_has_to_settle():
    gate = Gate(on=10, settle_seconds=2).fit()

    assert running(gate, [0, 20, 20, 20, 20]) == [False, False, False, True, True]


def test_a_short_stop_makes_it_settle_anew():
    gate = Gate(on=10, settle_seconds=1).fit()

    assert running(gate, [0, 20, 20, 0, 20, 20]) == [False, False, True, False, False, True]


def test_it_counts_as_running_until_the_gate_has_spoken():
    assert running(Gate(on=10).fit(), [np.nan, 20, 0]) == [True, True, False]


def test_a_missing_reading_of_the_gate_changes_nothing():
    gate = Gate(on=10).fit()

    assert running(gate, [0, np.nan, 20, np.nan]) == [False, False, True, True]


def test_several_gates_are_told_apart():
    gate = Gate(on=10).fit()
    block = Block(np.arange(2)[:, None], np.array([[20.0, 0.0], [0.0, 20.0]]))

    assert gate.running(block, gate.begin(2))[0].tolist() == [[True, False], [False, True]]


def test_readings_are_masked_by_the_last_word_of_the_gate():
    gate = Gate(on=10, settle_seconds=5).fit()
    speed = readings([0, 20, 0], step=10, start=10)
    others = Block(np.array([[5, 12], [21, 26], [29, 31]]) * SECOND, np.ones((3, 2)))

    masked = gate.masked(others, speed, gate.begin(1))

    # 5: not known yet; 12: off; 21: started at 20, not settled; 26, 29: runs; 31: off.
    expected = [[1, np.nan], [np.nan, 1], [1, np.nan]]
    np.testing.assert_array_equal(masked.values, expected)


def test_a_block_without_readings_of_the_gate_goes_by_the_state():
    gate = Gate(on=10).fit()
    _, off = gate.running(readings([0]), gate.begin(1))

    masked = gate.masked(readings([1, 2], start=60), readings([]), off)

    assert np.isnan(masked.values).all()


@given(cut=st.integers(0, 40), settle=st.integers(0, 5))
def test_cutting_the_gates_readings_changes_nothing(cut, settle):
    gate = Gate(on=1, off=-1, settle_seconds=settle).fit()
    block = readings(np.random.default_rng(1).normal(0, 2, 40))
    head = Block(block.micros[:cut], block.values[:cut])
    tail = Block(block.micros[cut:], block.values[cut:])

    whole, end = gate.running(block, gate.begin(1))
    first, state = gate.running(head, gate.begin(1))
    second, after = gate.running(tail, state)

    np.testing.assert_array_equal(np.concatenate([first, second]), whole)
    np.testing.assert_array_equal(after, end)


def test_history_can_be_cut_before_a_stop():
    micros = np.arange(6) * SECOND
    runs = np.array([True, True, True, False, True, True])

    kept = away_from_stops(micros, runs, 1)

    assert kept.tolist() == [True, True, False, False, True, True]


@pytest.mark.parametrize("bad", [{"on": 1, "off": 2}, {"settle_seconds": -1}])
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ValueError, match="must not"):
        Gate(**bad).fit()


def two_states(rows=2000, seed=1):
    rng = np.random.default_rng(seed)
    off = rng.random(rows) < 0.3
    return np.where(off, rng.normal(0, 2, rows), rng.normal(1480, 15, rows))


def test_two_states_are_found():
    state = OperatingState().fit(readings(two_states()))

    assert state.clear_
    assert 10 < state.off_ < state.on_ < 1420
    assert running(state, [0, 1480, 700, 1]) == [False, True, True, False]


def test_a_varied_load_is_one_state_beside_off():
    rng = np.random.default_rng(1)
    values = np.where(rng.random(3000) < 0.4, 0.0, rng.uniform(30, 100, 3000))

    state = OperatingState().fit(readings(values))

    assert state.clear_
    assert 0 < state.off_ < state.on_ < 30


def test_of_three_states_the_lowest_is_off():
    rng = np.random.default_rng(1)
    values = rng.choice([0.0, 1000, 3000], 2000) + rng.normal(0, 10, 2000)

    state = OperatingState().fit(readings(values))

    assert 0 < state.off_ < state.on_ < 1000


def test_readings_in_passing_do_not_hide_the_states():
    values = two_states()
    values[::200] = np.linspace(0, 1480, values[::200].size)

    assert OperatingState().fit(readings(values)).clear_


ONE_STATE = {
    "normal": lambda rng: rng.normal(50, 5, 2000),
    "uniform": lambda rng: rng.uniform(0, 1, 2000),
    "exponential": lambda rng: rng.exponential(1, 2000),
    "lognormal": lambda rng: rng.lognormal(0, 1, 2000),
    "constant": lambda rng: np.full(2000, 3.0),
    "with spikes": lambda rng: np.where(np.arange(2000) % 100, rng.normal(0, 1, 2000), 99),
    "few rows": lambda rng: rng.normal(50, 5, 100),
}


@pytest.mark.parametrize("values", ONE_STATE.values(), ids=ONE_STATE)
@pytest.mark.parametrize("seed", range(3))
def test_no_clear_states_is_an_answer(values, seed):
    state = OperatingState().fit(readings(values(np.random.default_rng(seed))))

    assert not state.clear_
    assert running(state, [0, 1e9, -1e9]) == [True, True, True]


@pytest.mark.parametrize(("factor", "offset"), [(1000, 7), (1e-6, -5), (3, 1e6)])
def test_units_make_no_difference(factor, offset):
    values = two_states()

    plain = OperatingState().fit(readings(values))
    other = OperatingState().fit(readings(values * factor + offset))

    assert running(plain, values) == running(other, values * factor + offset)


def test_too_little_history_is_said():
    with pytest.raises(NotEnoughHistoryError):
        OperatingState().fit(readings([1.0] * 99))
