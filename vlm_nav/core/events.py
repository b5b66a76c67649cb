"""What happens is told to listeners; a run without listeners decides exactly the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Event:
    """Something that happened; each room derives its own."""


Listener: TypeAlias = Callable[[Event], None]


def tell(listeners: Iterable[Listener], event: Event) -> None:
    """Tell every listener, in order."""
    for listener in listeners:
        listener(event)
