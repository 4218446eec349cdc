"""What all channels have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from maintenance.models import Notification
from maintenance.notifying.composing import Message


@dataclass(frozen=True, slots=True)
class Answer:
    """How the other side answered: its code, and how its words began."""

    status: int | None
    text: str


NO_ANSWER = Answer(None, "")


class DeliveryError(Exception):
    """A message did not arrive. `is_passing` says whether it is worth another try."""

    def __init__(
        self,
        words: str,
        *,
        is_passing: bool,
        answer: Answer = NO_ANSWER,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(words)
        self.is_passing = is_passing
        self.answer = answer
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way to one recipient. `rows` are what is told in it, the first names it."""

    rows: Sequence[Notification]
    message: Message

    @property
    def first(self) -> Notification:
        return self.rows[0]

    @property
    def id(self) -> str:
        """The same whenever it is tried, so that the receiver can tell a repeat."""
        return f"msg_{self.first.pk}"

    @property
    def secret(self) -> str:
        return self.first.target.secret if self.first.target else ""


class Notifier(ABC):
    """A channel. To add one, register a subclass in channels/__init__.py."""

    @abstractmethod
    def send(self, outgoing: Outgoing) -> Answer:
        """Tell the recipient. Raise DeliveryError if that did not work."""
