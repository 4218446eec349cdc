from __future__ import annotations

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.plant_logs import logs
from maintenance.past.likeness import WEIGHTS, Told, likeness_of_words, likenesses


def told(words: str = "", asset_id: int = 1, type_id: int | None = 1, **sets: set[str]) -> Told:
    modes, signs = sets.get("modes", set()), sets.get("signs", set())
    return Told(words, asset_id, type_id, frozenset(modes), frozenset(signs))


def test_the_weights_make_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_an_order_is_like_itself() -> None:
    one = told("bearing noisy", modes={"VIB"}, signs={"vibration deviation"})

    [found] = likenesses(one, [one])

    assert found.score == pytest.approx(1, abs=0.002)
    assert found.parts == pytest.approx(WEIGHTS, abs=0.001)


def test_nothing_in_common_is_nothing() -> None:
    [found] = likenesses(told("seal drips"), [told("conveyor jammed", 2, 2)])

    assert found.parts["asset"] == found.parts["failure_mode"] == found.parts["sensors"] == 0
    assert found.score < 0.05


@pytest.mark.parametrize("typed", ["BEARNG NOISY", "bearings noisey", "brearing  noisy!"])
def test_slips_do_not_matter_much(typed: str) -> None:
    slip, other = likeness_of_words("bearing noisy", [typed, "seal leaking at shaft"])

    assert slip > 0.4 > other


def test_what_all_say_counts_for_little() -> None:
    texts = ["pump seal", "pump strainer", "pump coupling"]

    found = likeness_of_words("pump strainer", texts)

    assert max(found) == found[1]
    assert found[0] < 0.5


@pytest.mark.parametrize("asked", ["", "  ", "?"])
@pytest.mark.parametrize("texts", [[], [""], ["a", ""]])
def test_without_words_there_is_no_likeness_of_words(asked: str, texts: list[str]) -> None:
    assert likeness_of_words(asked, texts) == pytest.approx([0.0] * len(texts))


def test_another_machine_of_the_type_counts_half() -> None:
    found = likenesses(told(), [told(), told(asset_id=2), told(asset_id=2, type_id=2)])

    assert [one.parts["asset"] for one in found] == [0.15, 0.075, 0.0]
    assert likenesses(told(type_id=None), [told(asset_id=2, type_id=None)])[0].score == 0


def test_it_is_what_the_library_makes_of_it() -> None:
    texts = [f"{log.title} {log.description} {log.resolution}" for log in logs(60, seed=3)]
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), sublinear_tf=True)
    known = vectors.fit_transform(texts[1:])
    told = (known @ vectors.transform(texts[:1]).T).toarray()[:, 0]

    assert likeness_of_words(texts[0], texts[1:]) == pytest.approx(told.tolist())


def test_the_right_fault_is_found_among_what_plants_write() -> None:
    past, asked = list(logs(400, seed=1)), list(logs(40, seed=2))
    right = 0
    for one in asked:
        same_type = [log for log in past if log.type == one.type]
        texts = [f"{log.title} {log.description} {log.resolution}" for log in same_type]
        found = likeness_of_words(f"{one.title} {one.description}", texts)
        right += same_type[found.index(max(found))].problem == one.problem

    # By chance it would be a third of them.
    assert right / len(asked) > 0.6
