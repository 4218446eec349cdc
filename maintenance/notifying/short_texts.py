"""Make a text fit into one SMS. Pure.

One SMS holds 160 characters of the alphabet of GSM 03.38, or only 70 if a single one is from
elsewhere. So others are written with those of the alphabet: a dash for a long dash, e for an
e with a caron; what cannot be becomes a question mark.
"""

from __future__ import annotations

import unicodedata

LONGEST = 160
ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# These take the place of two.
EXTENDED = frozenset("^{}\\[~]|€")
WRITTEN_AS = str.maketrans(
    {"–": "-", "—": "-", "…": "...", "“": '"', "”": '"', "’": "'", "→": "->", "°": "", "×": "x"}
)


def in_one_sms(text: str) -> str:
    """The text in at most 160 characters of the alphabet, with dots where it was cut.

    >>> in_one_sms("P-1: 95 °C – hot")
    'P-1: 95 C - hot'
    """
    letters = [_written(letter) for letter in text.translate(WRITTEN_AS)]
    if _room(letters) <= LONGEST:
        return "".join(letters)
    while _room(letters) > LONGEST - 3:
        letters.pop()
    return "".join(letters).rstrip() + "..."


def _written(letter: str) -> str:
    if letter in ALPHABET or letter in EXTENDED:
        return letter
    plain = "".join(c for c in unicodedata.normalize("NFKD", letter) if c in ALPHABET)
    return plain or "?"


def _room(letters: list[str]) -> int:
    return sum(2 if letter in EXTENDED else len(letter) for letter in letters)
