"""What asking may cost, for one instruction and within an hour, and what it has cost."""

from __future__ import annotations

import contextvars
from dataclasses import dataclass

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm.errors import BudgetSpent, ModelError
from vlm_nav.vlm.ledger import Ledger
from vlm_nav.vlm.model import Model, close, notice_of
from vlm_nav.vlm.question import Answer, Question, TokenUse
from vlm_nav.vlm.spending import PriceTable, Spending


@dataclass(frozen=True)
class Limits:
    """What may be spent at most; 0 is no limit. `cost` is in the currency of the prices."""

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0

    def reached_by(self, spending: Spending) -> str | None:
        """Return the limit that leaves no room for another call, None where there is room."""
        for name in ('calls', 'tokens', 'cost'):
            limit, spent = getattr(self, name), getattr(spending, name)
            if limit and spent >= limit:
                return f'{name}: {spent:g} of {limit:g} are spent'
        return None


@dataclass(frozen=True)
class BudgetSettings:
    """The limits of one instruction and of an hour, and what models cost."""

    mission: Limits = Limits()
    hour: Limits = Limits()
    prices: PriceTable = PriceTable()

    def __post_init__(self) -> None:
        """Raise InvalidValueError for a limit of cost where nobody knows any price."""
        if self.limits_cost and not self.prices.prices:
            raise InvalidValueError(
                'a limit of cost wants prices, there are none: give budget.prices '
                "as 'MODEL PROMPT COMPLETION' for a million tokens each"
            )

    @property
    def limits_cost(self) -> bool:
        """Whether there is a limit of cost."""
        return bool(self.mission.cost or self.hour.cost)


class Budget:
    """Admits calls as long as there is room, and keeps count.

    Each instruction has an account of its own: what a task asks, and what those ask that it
    starts, goes into the account that was opened in it last.
    """

    def __init__(
        self, settings: BudgetSettings = BudgetSettings(), ledger: Ledger | None = None
    ) -> None:
        """Keep the limits; `ledger` may hold what was spent before."""
        self.settings = settings
        self._ledger = ledger or Ledger()
        self._latest = _Account(self)
        self._without_price = ''

    @property
    def mission(self) -> Spending:
        """What the instruction has cost that the running task carries out, else the latest."""
        return self._account.spending

    @property
    def hour(self) -> Spending:
        """What the last hour has cost."""
        return self._ledger.last_hour().plus(self._nothing)

    @property
    def total(self) -> Spending:
        """What everything has cost since the ledger was begun."""
        return self._ledger.total.plus(self._nothing)

    def open_account(self) -> None:
        """Let an instruction begin, which the running task carries out."""
        self._latest = _Account(self)
        _ACCOUNT.set(self._latest)

    def admit(self) -> None:
        """Count a call that goes out now; raise `BudgetSpent` where there is no room for it."""
        problem = self.problem()
        if problem:
            raise BudgetSpent(problem)
        self._add(Spending(calls=1))

    def spend(self, model: str, tokens: TokenUse) -> None:
        """Count what a call has cost that was admitted before, whatever came of it."""
        cost = self.settings.prices.cost_of(model, tokens)
        if cost is None:
            self._without_price = model
        uncounted = 0 if tokens.prompt or tokens.completion else 1
        self._add(Spending(0, tokens.prompt, tokens.completion, uncounted, cost or 0.0))

    def problem(self) -> str:
        """Return why no further call is admitted, '' where one is."""
        spent = self.settings.mission.reached_by(self.mission)
        if spent is not None:
            return f'the budget of an instruction is spent, {spent}'
        spent = self.settings.hour.reached_by(self.hour)
        if spent is not None:
            return (
                f'the budget of an hour is spent, {spent}; '
                f'the first of it is an hour ago in {self._ledger.until_less_s():.0f} s'
            )
        if self._without_price and self.settings.limits_cost:
            known = ', '.join(self.settings.prices.prices)
            return (
                f'there is a limit of cost, and no price of model {self._without_price!r}; '
                f'budget.prices has {known}'
            )
        return ''

    @property
    def _account(self) -> _Account:
        account = _ACCOUNT.get(self._latest)
        return account if account.budget is self else self._latest

    @property
    def _nothing(self) -> Spending:
        return Spending(currency=self.settings.prices.currency)

    def _add(self, spending: Spending) -> None:
        account = self._account
        account.spending = account.spending.plus(spending)
        self._ledger.add(spending)


class _Account:
    """What one instruction has cost so far."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.spending = Spending(currency=budget.settings.prices.currency)


# One instruction may begin, or be refused, while another is under way; tasks inherit it.
_ACCOUNT: contextvars.ContextVar[_Account] = contextvars.ContextVar('account')


class Budgeted:
    """Asks another model as long as the budget has room; closes what it holds.

    A question is one call, however often the other model tries to have it answered.
    """

    def __init__(self, inner: Model, budget: Budget) -> None:
        """Keep the model, and the budget that it shares with others."""
        self._inner = inner
        self._budget = budget
        self.notice = notice_of(inner)

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return the other model's answer; raises `BudgetSpent` instead of asking too much."""
        self._budget.admit()
        model, tokens = '', TokenUse()
        try:
            answer = await self._inner.ask(question, deadline)
            model, tokens = _used(answer)
        except ModelError as error:
            model, tokens = _used(error)
            raise
        finally:
            # Whatever ended the call, and be it an error of the program: it was admitted.
            self._budget.spend(model, tokens)
        return answer

    async def aclose(self) -> None:
        """Close the other model."""
        await close(self._inner)


def _used(result: Answer | ModelError) -> tuple[str, TokenUse]:
    """Return which model was asked and the tokens that it counted."""
    return '' if result.sent is None else result.sent.model, result.tokens
