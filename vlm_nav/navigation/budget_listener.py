"""An account of its own for each instruction."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_nav.core.events import Event
from vlm_nav.navigation.events import Started
from vlm_nav.vlm.budget import Budget


@dataclass(frozen=True, eq=False)
class BudgetListener:
    """A listener that opens an account where an instruction begins: with an event of `begins`."""

    budget: Budget
    begins: type[Event] = Started

    def __call__(self, event: Event) -> None:
        """Open an account for the instruction that the running task carries out."""
        if isinstance(event, self.begins):
            self.budget.open_account()
