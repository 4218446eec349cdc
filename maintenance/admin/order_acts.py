"""What an act on an order is: what is asked for it, who may do it and when, and what is done."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django import forms

from maintenance.models import WorkOrder
from sensors.access import Principal, Right

# Makes the form from what was sent, if anything was, of an order, for a person.
FormOf = Callable[..., forms.Form]


def plain(form: type[forms.Form]) -> FormOf:
    """A form that is the same for all orders and people."""
    return lambda *args, order, by, **kwargs: form(*args, **kwargs)


def of_order(form: Any) -> FormOf:
    """A form that asks for something else on each order."""
    return lambda *args, order, by, **kwargs: form(*args, order=order, **kwargs)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do about an order, and what is said when it is done.

    `do` is told what was asked as a form that is valid. It leads to a function of the
    domain, which checks the right and the state under a lock; `states` and `right` only say
    where the act is offered. What is `large` has a page of its own.
    """

    words: str
    done: str
    states: Collection[str]
    right: Right
    form: FormOf
    do: Callable[[WorkOrder, Principal, Any], object]
    large: bool = False
    in_list: bool = False

    def offered(self, order: WorkOrder, by: Principal) -> bool:
        return order.state in self.states and by.may_at(self.right, order.asset.site_id)
