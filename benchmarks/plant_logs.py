"""Work orders as people in plants write them, with what was wrong known beforehand.

The same fault is told in different words, short forms and slips, and different faults in the
same words. Shape and short forms are those of published logs of mining and process plants;
the sentences are made up.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a type of machine. Phrases of one kind mean the same."""

    type: str
    mode: str
    kinds: tuple[str, ...]
    symptoms: tuple[str, ...]
    found: tuple[str, ...]
    done: tuple[str, ...]


def _problems(path: Path) -> tuple[Problem, ...]:
    made = []
    for line in path.read_text().splitlines()[1:]:
        kind, mode, *phrases = [part.strip() for part in line.split("|")]
        sensors, symptoms, found, done = (tuple(part.split(" / ")) for part in phrases)
        made.append(Problem(kind, mode, sensors, symptoms, found, done))
    return tuple(made)


PROBLEMS = _problems(Path(__file__).with_name("plant_problems.txt"))

SHORT = {
    "bearing": ("brg", "bearg"),
    "bearings": ("brgs",),
    "vibration": ("vib", "vibr", "vibs"),
    "temperature": ("temp", "tmp"),
    "pressure": ("press", "psi"),
    "replaced": ("repl", "rplcd", "changed out"),
    "changed": ("c/o", "chgd"),
    "motor": ("mtr",),
    "pump": ("pmp", "p/p"),
    "gearbox": ("g/box", "gbx"),
    "drive end": ("DE",),
    "non drive end": ("NDE",),
    "mechanical seal": ("mech seal", "m/seal"),
    "coupling": ("cplg", "cpl"),
    "impeller": ("imp", "impllr"),
    "cleaned": ("clnd", "cln"),
    "lubrication": ("lube",),
    "alignment": ("align",),
    "compressor": ("comp", "cmpr"),
    "conveyor": ("conv", "cvr"),
    "high": ("hi",),
    "leaking": ("lkg", "leak"),
    "new": ("nu", "1 x new"),
    "and": ("&", "+"),
    "with": ("w/",),
    "fitted": ("ftd",),
    "tightened": ("tght",),
    "blocked": ("blkd", "choked"),
}
# Words that people take for each other.
SYNONYMS = {
    "high": ("too much", "excessive", "above limit", "up"),
    "low": ("weak", "poor", "under limit", "down"),
    "hot": ("overheated", "burning", "too warm"),
    "noisy": ("loud", "making noise", "howling"),
    "noise": ("sound", "rattle", "racket"),
    "leaking": ("dripping", "wet", "weeping", "passing"),
    "worn": ("finished", "u/s", "gone", "end of life"),
    "blocked": ("plugged", "dirty", "full", "clogged"),
    "broken": ("cracked", "damaged", "busted", "bust"),
    "replaced": ("swapped", "fitted new", "installed", "exchanged"),
    "changed": ("replaced", "swapped", "renewed"),
    "cleaned": ("washed", "cleared", "flushed"),
    "shaking": ("trembling", "vibrating", "unsteady"),
    "trips": ("cuts out", "stops", "faults"),
    "loose": ("slack", "not tight", "moving"),
}
# What says nothing of what is wrong.
VAGUE = ("not ok", "check", "problem with", "look at", "see shift book", "fault on")
OPENINGS = ("pls check", "opr reports", "shift says", "found on round", "alarm in control room")
CLOSINGS = (
    "tested ok",
    "run test ok",
    "left running",
    "back in service",
    "area cleaned",
    "COMPLETED",
)
LEFT_OUT = 0.2
CAUSES = (
    "again",
    "since last stop",
    "as before",
    "after restart",
    "urgent",
    "unit 2",
    "L/H",
    "R/H",
)


@dataclass(frozen=True, slots=True)
class Log:
    """One order. `problem` is what a search is held against, and no part of the order."""

    problem: int
    type: str
    asset: str
    mode: str
    kinds: tuple[str, ...]
    title: str
    description: str
    resolution: str


def logs(number: int, seed: int, slips: float = 0.15, shortened: float = 0.5) -> Iterator[Log]:
    """So many orders. `slips` is how likely a long word is misspelt, `shortened` how likely a
    word that has a short form is written so."""
    rng = random.Random(seed)
    for _ in range(number):
        index = rng.randrange(len(PROBLEMS))
        yield _log(index, PROBLEMS[index], rng, slips, shortened)


def _log(index: int, problem: Problem, rng: random.Random, slips: float, shortened: float) -> Log:
    tag = f"{problem.type[0].upper()}-{rng.randrange(100, 140)}"

    def written(*phrases: str) -> str:
        text = " ".join(phrase for phrase in phrases if phrase)
        return _as_typed(text, rng, slips, shortened)

    # People code what they see first, or nothing at all.
    others = [other.mode for other in PROBLEMS if other.type == problem.type]
    mode = rng.choices([problem.mode, rng.choice(others), ""], weights=[6, 2, 2])[0]
    told = rng.choice(VAGUE) if rng.random() < 0.15 else rng.choice(problem.symptoms)
    return Log(
        problem=index,
        type=problem.type,
        asset=tag,
        mode=mode,
        kinds=tuple(kind for kind in problem.kinds if rng.random() < 0.8),
        title=written(tag, told),
        description=written(
            rng.choice(OPENINGS) if rng.random() < 0.5 else "",
            problem.type,
            rng.choice(problem.symptoms) if rng.random() < 0.4 else "",
            rng.choice(CAUSES),
        ),
        resolution=written(
            rng.choice(problem.found), rng.choice(problem.done), rng.choice(CLOSINGS)
        ),
    )


def _as_typed(text: str, rng: random.Random, slips: float, shortened: float) -> str:
    for usual, others in SYNONYMS.items():
        if usual in text and rng.random() < 0.6:
            text = text.replace(usual, rng.choice(others))
    for long, forms in SHORT.items():
        if long in text and rng.random() < shortened:
            text = text.replace(long, rng.choice(forms))
    kept = [word for word in text.split() if rng.random() > LEFT_OUT]
    words = [_slipped(word, rng) if rng.random() < slips else word for word in kept]
    text = " ".join(words)
    return text.upper() if rng.random() < 0.3 else text


def _slipped(word: str, rng: random.Random) -> str:
    if len(word) < 5:
        return word
    at = rng.randrange(1, len(word) - 1)
    return rng.choice(
        [
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] * 2 + word[at + 1 :],
        ]
    )
