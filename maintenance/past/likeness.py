"""How alike are two orders? Pure: words and codes in, numbers out.

The words are compared by groups of three letters, weighed by how rare they are: what people
type in plants is full of short forms and slips, of which whole words make nothing (see
docs/similar-orders.md for what was measured).

References: Salton and Buckley (1988), Term-weighting approaches in automatic text retrieval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    type have in common counts for little.
    """
    # Imported here: tens of MB, in processes that may never be asked.
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not texts or not asked.strip():
        return [0.0] * len(texts)
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), sublinear_tf=True)
    try:
        known = vectors.fit_transform(texts)
    except ValueError:
        return [0.0] * len(texts)  # There is no word in any of them.
    found: list[float] = (known @ vectors.transform([asked]).T).toarray()[:, 0].tolist()
    return found


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
