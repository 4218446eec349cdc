"""The free time of one technician, and what fits into it. Pure: no database, no clock.

Work goes on across the breaks of a shift, and across nothing else: an absence, other work
or the end of the shift ends the stretch. Work that is longer than a whole shift may hold is
done in parts: it takes all the free time of the technician from its start on, shift after
shift, until it is done; pieces shorter than half an hour are not worth going there for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maintenance.scheduling.shifts import Turn
from maintenance.scheduling.spans import Span

NOTHING = timedelta()
SHORTEST_PART = timedelta(minutes=30)
STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of work within one shift; `work` is its length without breaks."""

    span: Span
    work: timedelta


Parts = tuple[Part, ...]


class Page:
    """What is left of one turn: free windows, and how much more may be planned in it."""

    def __init__(self, turn: Turn, share: float) -> None:
        self.turn = turn
        self.share = share
        self.limit = turn.work * share // STEP * STEP
        self.left = self.limit
        self.taken: list[Span] = []
        self.windows = [turn.span]

    def take(self, span: Span, *, planned: bool) -> None:
        """Cut a span out of the windows. Planned work counts against the limit, and what is
        not worked at all makes the limit smaller."""
        taken = self.work_in(span)
        if planned:
            self.left -= taken
        else:
            self.limit -= taken * self.share
            self.left -= taken * self.share
        self.taken.append(span)
        self.windows = self.turn.span.without(self.taken)

    def give_back(self, span: Span) -> None:
        """Undo the taking of a span of planned work."""
        self.left += self.work_in(span)
        self.taken.remove(span)
        self.windows = self.turn.span.without(self.taken)

    def work_in(self, span: Span) -> timedelta:
        """How much of a span is working time of this turn, free or not."""
        breaks = (pause.shared_with(span) for pause in self.turn.breaks)
        return self.turn.span.shared_with(span) - sum(breaks, NOTHING)

    def part_from(self, window: Span, start: datetime, work: timedelta) -> Part | None:
        """Up to `work`, begun in the window at `start` or as soon as the break is over."""
        begin = end = max(window.start, start)
        for pause in self.turn.breaks:
            if pause.start <= begin < pause.end:
                begin = end = pause.end
        done = NOTHING
        if begin >= window.end:
            return None
        for stretch in Span(begin, window.end).without(self.turn.breaks):
            step = min(stretch.length, work - done)
            done, end = done + step, stretch.start + step
            if done == work:
                break
        return Part(Span(begin, end), done) if done else None


class Diary:
    """The turns of one technician over the time that is planned, and what is in them.

    `share` is how much of each turn may be planned, 0 to 1.
    """

    def __init__(
        self,
        turns: Sequence[Turn],
        *,
        absences: Iterable[Span] = (),
        booked: Iterable[Span] = (),
        share: float = 1.0,
    ) -> None:
        self.pages = [Page(turn, share) for turn in turns]
        self._longest = max((page.limit for page in self.pages), default=NOTHING)
        for absence in absences:
            self._take(absence, planned=False)
        for span in booked:
            self._take(span, planned=True)

    def book(self, parts: Iterable[Part]) -> None:
        for part in parts:
            self._take(part.span, planned=True)

    def release(self, parts: Iterable[Part]) -> None:
        """Free what was booked."""
        for part in parts:
            for page in self.pages:
                if page.turn.span.overlaps(part.span):
                    page.give_back(part.span)

    def goes_in_parts(self, work: timedelta) -> bool:
        """Whether the work is longer than what any shift may hold."""
        return work > self._longest

    def offers(self, work: timedelta, start: datetime) -> Iterator[Parts]:
        """Where the work fits from `start` on: one place a free window, in order of time."""
        for number, page in enumerate(self.pages):
            if page.turn.span.end <= start:
                continue
            for window in page.windows:
                found = self._from(number, window, work, start)
                if found:
                    yield found

    def holds(self, parts: Sequence[Part]) -> bool:
        """Whether all of this time is still free, and within what may be planned."""
        return all(self._holds(part) for part in parts)

    def at(self, work: timedelta, start: datetime) -> Parts | None:
        """The work begun exactly then; None if it does not fit."""
        found = next(self.offers(work, start), None)
        return found if found and found[0].span.start == start else None

    def load(self, span: Span) -> float:
        """The share of the plannable time in the span that is taken; all, if there is none."""
        pages = [page for page in self.pages if page.turn.span.overlaps(span)]
        limit = sum((page.limit for page in pages), NOTHING)
        left = sum((page.left for page in pages), NOTHING)
        return 1 - left / limit if limit else 1.0

    def _holds(self, part: Part) -> bool:
        for page in self.pages:
            if any(part.span.within(window) for window in page.windows):
                return part.work <= page.left
        return False

    def _take(self, taken: Span, *, planned: bool) -> None:
        for page in self.pages:
            if page.turn.span.overlaps(taken):
                page.take(taken, planned=planned)

    def _from(self, number: int, window: Span, work: timedelta, start: datetime) -> Parts | None:
        if self.goes_in_parts(work):
            return self._in_parts(number, window, work, start)
        page = self.pages[number]
        if work > page.left:
            return None
        part = page.part_from(window, start, work)
        return (part,) if part and part.work == work else None

    def _in_parts(
        self, number: int, window: Span, work: timedelta, start: datetime
    ) -> Parts | None:
        parts: list[Part] = []
        for page in self.pages[number:]:
            left = page.left
            for free in page.windows:
                if free.end <= max(window.start, start):
                    continue
                part = page.part_from(free, max(start, window.start), min(work, left))
                if part and part.work >= min(SHORTEST_PART, work):
                    parts.append(part)
                    work, left = work - part.work, left - part.work
                elif not parts:
                    return None
                if not work:
                    return tuple(parts)
        return None
