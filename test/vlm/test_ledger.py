"""An hour is forgotten as it passes; the sum of all is not."""

from __future__ import annotations

from vlm_nav.vlm.ledger import Ledger
from vlm_nav.vlm.spending import Spending


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


def test_what_is_an_hour_old_counts_no_more() -> None:
    clock = Clock()
    ledger = Ledger(clock)
    ledger.add(Spending(calls=1, cost=0.1))
    clock.now_s += 3000.0
    ledger.add(Spending(calls=1, cost=0.2))
    assert ledger.last_hour().calls == 2
    assert ledger.until_less_s() == 600.0
    clock.now_s += 600.0
    assert ledger.last_hour().calls == 1
    assert ledger.until_less_s() == 3000.0
    assert ledger.total.calls == 2


def test_nothing_is_left_of_sums_of_money_after_an_hour() -> None:
    clock = Clock()
    ledger = Ledger(clock)
    for cost in (0.1, 0.2, 0.3):
        ledger.add(Spending(cost=cost))
    clock.now_s += 3600.0
    assert ledger.last_hour() == Spending()
    assert ledger.until_less_s() == 0.0
