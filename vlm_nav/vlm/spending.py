"""What asking costs: calls, tokens, and money by the prices that the user gives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm.question import TokenUse

_TOKENS_OF_PRICE = 1e6


@dataclass(frozen=True)
class Spending:
    """What calls have cost; `uncounted` of them ended without a count of their tokens.

    `cost` is in `currency`, which is empty where no prices are known.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    uncounted: int = 0
    cost: float = 0.0
    currency: str = ''

    @property
    def tokens(self) -> int:
        """Return the tokens of questions and answers together."""
        return self.prompt_tokens + self.completion_tokens

    def plus(self, other: Spending, times: int = 1) -> Spending:
        """Return the sum with another; with `times` -1 the difference."""
        return Spending(
            self.calls + times * other.calls,
            self.prompt_tokens + times * other.prompt_tokens,
            self.completion_tokens + times * other.completion_tokens,
            self.uncounted + times * other.uncounted,
            self.cost + times * other.cost,
            self.currency or other.currency,
        )


@dataclass(frozen=True)
class Price:
    """What a million tokens cost, those of questions and those of answers."""

    prompt: float
    completion: float

    def __post_init__(self) -> None:
        """Raise InvalidValueError for what is no price."""
        if not all(math.isfinite(price) and price >= 0.0 for price in vars(self).values()):
            raise InvalidValueError(f'prices are 0 or more, got {self}')

    def of(self, tokens: TokenUse) -> float:
        """Return what tokens cost."""
        cost = tokens.prompt * self.prompt + tokens.completion * self.completion
        return cost / _TOKENS_OF_PRICE


@dataclass(frozen=True)
class PriceTable:
    """The prices of models by their names, in a currency."""

    prices: Mapping[str, Price] = field(default_factory=dict)
    currency: str = ''

    def cost_of(self, model: str, tokens: TokenUse) -> float | None:
        """Return what an answer of a model costs, None where its price is not known.

        What used no tokens costs nothing.
        """
        if not (tokens.prompt or tokens.completion):
            return 0.0
        price = self.prices.get(model)
        return None if price is None else price.of(tokens)


def price_table(rows: Iterable[str], currency: str) -> PriceTable:
    """Return the table that rows 'MODEL PROMPT COMPLETION' make; empty rows say nothing.

    Raises InvalidValueError for a row of another form, and for a model that stands there twice.
    """
    prices: dict[str, Price] = {}
    for row in filter(None, map(str.strip, rows)):
        name, price = _price(row)
        if name in prices:
            raise InvalidValueError(f'one price for each model was wanted, got two for {name!r}')
        prices[name] = price
    return PriceTable(prices, currency if prices else '')


def _price(row: str) -> tuple[str, Price]:
    words = row.rsplit(maxsplit=2)
    try:
        name, prompt, completion = words[0], float(words[1]), float(words[2])
    except (IndexError, ValueError):
        raise InvalidValueError(
            f"a price is 'MODEL PROMPT COMPLETION', for a million tokens each, got {row!r}"
        ) from None
    return name, Price(prompt, completion)
