"""The contract that every registered detector keeps: a new one is held to it for free."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.detectors import DETECTORS, Detector
from mlops.detectors.windowed import Values

# Parameters under which 20 ± 1 is ordinary and 200 is a gross fault, where the defaults
# do not know that by themselves.
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "fixed_limit": [
        {"warning": 50.0, "alarm": 80.0},
        {"warning": 50.0},
        {"alarm": 80.0},
        {"warning": 50.0, "alarm": 50.0},
    ]
}
CASES = [(name, given) for name in DETECTORS for given in PARAMETERS.get(name, [{}])]

HISTORY: Values = np.random.default_rng(1).normal(20, 1, 300)
ORDINARY: Values = np.random.default_rng(2).normal(20, 1, 100).clip(17, 23)
GROSS_FAULT = 200.0


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{'-'.join(case[1])}")
def detector(request: pytest.FixtureRequest) -> Detector:
    name, parameters = request.param
    return DETECTORS[name](**parameters)


@pytest.mark.parametrize("name", DETECTORS)
def test_every_parameter_has_a_default_and_is_kept_as_it_is(name: str) -> None:
    signature = inspect.signature(DETECTORS[name])
    given = {key: object() for key in signature.parameters}

    detector = DETECTORS[name](**given)

    assert all(p.default is not p.empty for p in signature.parameters.values())
    assert vars(detector) == given


def test_fit_returns_itself(detector: Detector) -> None:
    assert detector.fit(HISTORY) is detector


def test_what_fit_learns_ends_in_an_underscore(detector: Detector) -> None:
    before = dict(vars(detector))

    detector.fit(HISTORY)

    learned = vars(detector).keys() - before.keys()
    assert all(name.endswith("_") for name in learned)
    assert {name: vars(detector)[name] for name in before} == before


def test_fit_and_score_leave_their_input_alone(detector: Detector) -> None:
    history, values = HISTORY.copy(), ORDINARY.copy()

    detector.fit(history).score(values)

    assert (history == HISTORY).all()
    assert (values == ORDINARY).all()


def test_it_fits_again_as_if_for_the_first_time(detector: Detector) -> None:
    fresh = pickle.loads(pickle.dumps(detector)).fit(HISTORY)

    detector.fit(HISTORY + 100).fit(HISTORY)

    assert (detector.score(ORDINARY) == fresh.score(ORDINARY)).all()


def test_it_fits_on_the_least_history_it_asks_for(detector: Detector) -> None:
    detector.fit(HISTORY[: detector.min_history])

    assert (detector.score(ORDINARY[:5]) < 1).all()


@pytest.mark.parametrize("size", [0, 1, 7])
def test_there_is_a_score_for_each_value(detector: Detector, size: int) -> None:
    scores = detector.fit(HISTORY).score(ORDINARY[:size])

    assert scores.shape == (size,)
    assert scores.dtype == np.float64


def test_scores_do_not_depend_on_their_neighbours(detector: Detector) -> None:
    detector.fit(HISTORY)
    values = np.append(ORDINARY, GROSS_FAULT)

    together = detector.score(values)

    assert [detector.score(np.array([v]))[0] for v in values] == together.tolist()


def test_ordinary_values_raise_no_alarm(detector: Detector) -> None:
    scores = detector.fit(HISTORY).score(ORDINARY)

    assert (scores >= 0).all()
    assert (scores < 1).all()


def test_a_gross_fault_raises_an_alarm(detector: Detector) -> None:
    assert detector.fit(HISTORY).score(np.array([GROSS_FAULT]))[0] >= 1


def test_faults_in_the_history_do_not_hide_the_next(detector: Detector) -> None:
    history = HISTORY.copy()
    history[::10] = GROSS_FAULT

    assert detector.fit(history).score(np.array([GROSS_FAULT]))[0] >= 1


@pytest.mark.parametrize("level", [0.0, 20.0, -3.0])
def test_a_constant_history_does_not_divide_by_zero(detector: Detector, level: float) -> None:
    detector.fit(np.full(50, level))

    scores = detector.score(np.array([level, GROSS_FAULT]))

    assert np.isfinite(scores).all()
    assert scores[0] < 1 <= scores[1]


def test_it_survives_pickling(detector: Detector) -> None:
    detector.fit(HISTORY)

    copy = pickle.loads(pickle.dumps(detector))

    assert (copy.score(ORDINARY) == detector.score(ORDINARY)).all()


@pytest.mark.parametrize("value", [-200.0, 20.0, 49.0, 50.0, 60.0, 80.0, 200.0])
def test_it_explains_any_value_in_a_sentence_that_fits(detector: Detector, value: float) -> None:
    detector.fit(HISTORY)

    explanation = detector.explain(value)

    assert f"{value:.4g}" in explanation.reason
    assert len(explanation.reason) <= 300
    assert "nan" not in explanation.reason


def test_its_evidence_can_be_stored_as_json(detector: Detector) -> None:
    evidence = detector.fit(HISTORY).explain(GROSS_FAULT).evidence

    assert all(
        value is None or isinstance(value, (str, int, float)) for value in evidence.values()
    )
    assert all(np.isfinite(value) for value in evidence.values() if isinstance(value, float))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{'-'.join(case[1])}")
@given(
    history=st.lists(st.floats(-1e12, 1e12), min_size=30, max_size=40),
    values=st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=10),
)
def test_scores_are_never_nan_nor_negative(
    case: tuple[str, dict[str, Any]], history: list[float], values: list[float]
) -> None:
    name, parameters = case
    detector = DETECTORS[name](**parameters).fit(np.array(history))

    scores = detector.score(np.array(values))

    assert np.isfinite(scores).all()
    assert (scores >= 0).all()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("robust_zscore", {"threshold": 0}),
        ("robust_zscore", {"floor": 0}),
        ("fixed_limit", {"warning": 90.0, "alarm": 80.0}),
        ("fixed_limit", {"warning": 10.0, "alarm": 20.0, "side": "low"}),
    ],
)
def test_bad_parameters_are_refused_in_fit(name: str, parameters: dict[str, Any]) -> None:
    detector = DETECTORS[name](**parameters)

    with pytest.raises(ValueError, match="must"):
        detector.fit(HISTORY)
