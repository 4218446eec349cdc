"""How alike are two orders? Pure: words and codes in, numbers out.

The words are compared by groups of three letters, weighed by how rare they are: what people
type in plants is full of short forms and slips, of which whole words make nothing (see
docs/similar-orders.md for what was measured).

References: Salton and Buckley (1988), Term-weighting approaches in automatic text retrieval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log, sqrt

# What each part of the likeness may give; together 1.
WEIGHTS = {"words": 0.55, "failure_mode": 0.15, "sensors": 0.15, "asset": 0.15}
# Of the same type, but another machine.
SAME_TYPE = 0.5


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of an order. `modes` are codes of failure modes, suspected or found,
    `signs` what sensors showed: kinds of sensors with kinds of anomalies."""

    words: str
    asset_id: int
    type_id: int | None
    modes: frozenset[str]
    signs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Likeness:
    """From 0 to 1, and what each part gave to it."""

    score: float
    parts: dict[str, float]


def likenesses(asked: Told, past: Sequence[Told]) -> list[Likeness]:
    """How alike `asked` is to each of the others, in their order."""
    words = likeness_of_words(asked.words, [one.words for one in past])
    return [
        _together(
            words=in_words,
            failure_mode=1.0 if asked.modes & one.modes else 0.0,
            sensors=_shared(asked.signs, one.signs),
            asset=_of_assets(asked, one),
        )
        for one, in_words in zip(past, words, strict=True)
    ]


def likeness_of_words(asked: str, texts: Sequence[str]) -> list[float]:
    """The cosine of TF-IDF vectors of three letters at a time, within words.

    Nothing is kept: the weights are those of these texts, so a word that all orders of a
    type have in common counts for little. It is what scikit-learn's TfidfVectorizer makes of
    `char_wb`, 3 and `sublinear_tf`, without its 120 MB in each web process.
    """
    counted = [_groups(text) for text in texts]
    among = Counter(chain.from_iterable(counted))
    weights = {group: log((1 + len(texts)) / (1 + n)) + 1 for group, n in among.items()}
    vector = {
        group: (1 + log(n)) * weights[group]
        for group, n in _groups(asked).items()
        if group in weights
    }
    length = _length(vector.values())
    return [_cosine(vector, length, groups, weights) for groups in counted]


def _groups(text: str) -> Counter[str]:
    """How often each three letters stand in it; a word has a blank before and after it."""
    padded = (f" {word} " for word in text.lower().split())
    return Counter(word[at : at + 3] for word in padded for at in range(len(word) - 2))


def _cosine(
    asked: dict[str, float], length: float, groups: Counter[str], weights: dict[str, float]
) -> float:
    lengths = length * _length((1 + log(n)) * weights[group] for group, n in groups.items())
    shared = asked.keys() & groups.keys()
    product = sum(asked[group] * (1 + log(groups[group])) * weights[group] for group in shared)
    return product / lengths if lengths else 0.0


def _length(numbers: Iterable[float]) -> float:
    return sqrt(sum(number * number for number in numbers))


def _together(**parts: float) -> Likeness:
    given = {name: round(WEIGHTS[name] * part, 3) for name, part in parts.items()}
    return Likeness(score=round(sum(given.values()), 3), parts=given)


def _shared(signs: frozenset[str], others: frozenset[str]) -> float:
    either = signs | others
    return len(signs & others) / len(either) if either else 0.0


def _of_assets(asked: Told, other: Told) -> float:
    if asked.asset_id == other.asset_id:
        return 1.0
    return SAME_TYPE if asked.type_id is not None and asked.type_id == other.type_id else 0.0
