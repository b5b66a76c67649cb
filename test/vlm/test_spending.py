"""What asking costs, by prices that a user types."""

from __future__ import annotations

import pytest

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm.question import TokenUse
from vlm_nav.vlm.spending import Price, Spending, price_table


def test_questions_and_answers_have_prices_of_their_own() -> None:
    table = price_table(['gpt-4o 2.5 10', 'my model 0 0.25', ''], 'EUR')
    assert table.cost_of('gpt-4o', TokenUse(1_000_000, 200_000)) == pytest.approx(4.5)
    assert table.cost_of('my model', TokenUse(1_000_000, 1_000_000)) == pytest.approx(0.25)
    assert table.currency == 'EUR'


def test_an_unknown_model_costs_nobody_knows_what_unless_it_used_nothing() -> None:
    table = price_table(['gpt-4o 2.5 10'], 'EUR')
    assert table.cost_of('gpt-4o-mini', TokenUse(1, 0)) is None
    assert table.cost_of('gpt-4o-mini', TokenUse()) == 0.0


def test_without_prices_there_is_no_currency() -> None:
    assert price_table([''], 'EUR').currency == ''


@pytest.mark.parametrize(
    'row', ['gpt-4o', 'gpt-4o 2.5', 'gpt-4o 2.5 ten', 'gpt-4o nan 1', 'gpt-4o -1 1', '2.5 10']
)
def test_a_price_of_another_form_is_refused(row: str) -> None:
    with pytest.raises(InvalidValueError, match='price'):
        price_table([row], 'EUR')


def test_two_prices_of_one_model_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="two for 'a'"):
        price_table(['a 1 1', 'a 2 2'], 'EUR')


def test_a_price_is_no_rebate() -> None:
    with pytest.raises(InvalidValueError):
        Price(1.0, -0.5)


def test_what_was_added_can_be_taken_away() -> None:
    some = Spending(2, 700, 20, 1, 0.5, 'EUR')
    twice = some.plus(some)
    assert (twice.calls, twice.tokens, twice.uncounted, twice.cost) == (4, 1440, 2, 1.0)
    assert twice.plus(some, -1) == some
