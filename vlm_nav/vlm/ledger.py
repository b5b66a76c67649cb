"""What was spent in the last hour, and in all."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from vlm_nav.vlm.spending import Spending

HOUR_S = 3600.0


class Ledger:
    """Keeps what is spent for an hour; several budgets, one after the other, may write in it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing; `monotonic` is the clock in seconds."""
        self._monotonic = monotonic
        self._entries: deque[tuple[float, Spending]] = deque()
        self._recent = Spending()
        self._total = Spending()

    @property
    def total(self) -> Spending:
        """What was spent since the beginning."""
        return self._total

    def add(self, spending: Spending) -> None:
        """Write down what is spent now."""
        self._entries.append((self._monotonic(), spending))
        self._recent = self._recent.plus(spending)
        self._total = self._total.plus(spending)

    def last_hour(self) -> Spending:
        """Return what was spent in the last hour."""
        hour_ago_s = self._monotonic() - HOUR_S
        while self._entries and self._entries[0][0] <= hour_ago_s:
            _, old = self._entries.popleft()
            # Where nothing is left, nothing is: differences of money leave crumbs.
            self._recent = self._recent.plus(old, -1) if self._entries else Spending()
        return self._recent

    def until_less_s(self) -> float:
        """Return in how many seconds the oldest of the last hour's spending is forgotten."""
        self.last_hour()
        if not self._entries:
            return 0.0
        return self._entries[0][0] + HOUR_S - self._monotonic()
