"""No call goes out that the budget has no room for, and whatever went out is counted."""

from __future__ import annotations

import asyncio

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm.budget import Budget, Budgeted, BudgetSettings, Limits
from vlm_nav.vlm.doubles import AlwaysFirst, Slow
from vlm_nav.vlm.errors import BudgetSpent, ModelRefused, UnusableAnswer
from vlm_nav.vlm.ledger import Ledger
from vlm_nav.vlm.question import Answer, Question, SentQuestion, TokenUse
from vlm_nav.vlm.spending import price_table

PRICES = price_table(['dear 2.5 10'], 'EUR')


class Costly:
    """A double that costs tokens, as a model with a name would, and may end with an error."""

    def __init__(self, name: str = 'dear', error: type[UnusableAnswer] | None = None) -> None:
        self.asked = 0
        self.closed = False
        self._sent = SentQuestion(name, '', '', ())
        self._error = error

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        self.asked += 1
        await asyncio.sleep(0)
        tokens = TokenUse(700, 20)
        if self._error is not None:
            raise self._error('half an object', sent=self._sent, tokens=tokens)
        return Answer((1,), tokens=tokens, sent=self._sent)

    async def aclose(self) -> None:
        self.closed = True


async def ask(model: Budgeted, question: Question) -> Answer:
    return await model.ask(question, Deadline.after(10.0))


async def test_the_call_after_the_last_one_is_not_made(question: Question) -> None:
    inner, budget = Costly(), Budget(BudgetSettings(mission=Limits(calls=2)))
    model = Budgeted(inner, budget)
    await ask(model, question)
    await ask(model, question)
    with pytest.raises(BudgetSpent, match=r'instruction is spent, calls: 2 of 2'):
        await ask(model, question)
    assert inner.asked == 2
    assert budget.mission.calls == 2


async def test_of_calls_at_once_no_more_go_out_than_there_is_room_for(question: Question) -> None:
    inner, budget = Costly(), Budget(BudgetSettings(hour=Limits(calls=3)))
    model = Budgeted(inner, budget)
    tasks = (ask(model, question) for _ in range(10))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [Answer] * 3 + [BudgetSpent] * 7
    assert inner.asked == 3


@pytest.mark.parametrize(
    ('limits', 'calls'),
    [(Limits(tokens=1000), 2), (Limits(tokens=720), 1), (Limits(cost=0.005), 3)],
)
async def test_tokens_and_money_end_it_once_they_are_spent(
    question: Question, limits: Limits, calls: int
) -> None:
    # One answer is 720 tokens and costs 0.00195.
    inner, budget = Costly(), Budget(BudgetSettings(mission=limits, prices=PRICES))
    model = Budgeted(inner, budget)
    for _ in range(calls):
        await ask(model, question)
    with pytest.raises(BudgetSpent):
        await ask(model, question)
    assert inner.asked == calls
    assert budget.mission.tokens == 720 * calls
    assert budget.mission.cost == pytest.approx(0.00195 * calls)
    assert budget.mission.currency == 'EUR'


async def test_an_answer_that_cannot_be_read_has_cost_its_tokens(question: Question) -> None:
    budget = Budget(BudgetSettings(prices=PRICES))
    with pytest.raises(UnusableAnswer):
        await ask(Budgeted(Costly(error=UnusableAnswer), budget), question)
    assert (budget.mission.calls, budget.mission.tokens) == (1, 720)
    assert budget.mission.cost == pytest.approx(0.00195)
    assert budget.mission.uncounted == 0


async def test_a_call_that_is_cancelled_counts_and_its_tokens_are_not_known(
    question: Question,
) -> None:
    budget = Budget()
    task = asyncio.ensure_future(ask(Budgeted(Slow(AlwaysFirst(), 60.0), budget), question))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (budget.mission.calls, budget.mission.uncounted) == (1, 1)


async def test_a_call_that_an_error_of_the_program_ends_counts_as_well(
    question: Question,
) -> None:
    class Broken(AlwaysFirst):
        async def ask(self, question: Question, deadline: Deadline) -> Answer:
            raise OverflowError

    budget = Budget()
    with pytest.raises(OverflowError):
        await ask(Budgeted(Broken(), budget), question)
    assert (budget.mission.calls, budget.mission.uncounted) == (1, 1)


async def test_each_instruction_has_an_account_of_its_own_and_the_hour_has_them_all(
    question: Question,
) -> None:
    budget = Budget(BudgetSettings(mission=Limits(calls=2), hour=Limits(calls=5)))
    model = Budgeted(Costly(), budget)

    async def instruction() -> list[int]:
        budget.open_account()
        seen = []
        for _ in range(2):
            # As runs do: in tasks of their own.
            await asyncio.create_task(ask(model, question))
            seen.append(budget.mission.calls)
        return seen

    # One begins while the other is under way.
    assert await asyncio.gather(instruction(), instruction()) == [[1, 2], [1, 2]]
    assert budget.hour.calls == 4
    with pytest.raises(BudgetSpent, match='an hour ago in'):
        await instruction()
    assert budget.total.calls == 5


async def test_who_looks_from_outside_sees_the_latest_instruction(question: Question) -> None:
    budget = Budget()
    model = Budgeted(Costly(), budget)

    async def instruction(calls: int) -> None:
        budget.open_account()
        for _ in range(calls):
            await ask(model, question)

    await asyncio.create_task(instruction(3))
    assert budget.mission.calls == 3
    await asyncio.create_task(instruction(1))
    assert (budget.mission.calls, budget.total.calls) == (1, 4)


async def test_an_hour_is_spent_for_the_next_budget_too(question: Question) -> None:
    ledger, settings = Ledger(), BudgetSettings(hour=Limits(calls=1))
    await ask(Budgeted(Costly(), Budget(settings, ledger)), question)
    with pytest.raises(BudgetSpent):
        await ask(Budgeted(Costly(), Budget(settings, ledger)), question)


async def test_where_cost_is_limited_a_model_without_a_price_is_asked_once(
    question: Question,
) -> None:
    inner = Costly('unheard of')
    limits = BudgetSettings(mission=Limits(cost=5.0), prices=PRICES)
    model = Budgeted(inner, Budget(limits))
    await ask(model, question)
    with pytest.raises(BudgetSpent, match=r"no price of model 'unheard of'; .* has dear"):
        await ask(model, question)
    assert inner.asked == 1


async def test_without_a_limit_of_cost_no_price_is_needed(question: Question) -> None:
    model = Budgeted(Costly('unheard of'), Budget(BudgetSettings(prices=PRICES)))
    for _ in range(3):
        await ask(model, question)


def test_a_limit_of_cost_without_any_price_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r'budget\.prices'):
        BudgetSettings(hour=Limits(cost=1.0))


async def test_other_errors_pass_and_the_inner_model_is_closed(question: Question) -> None:
    class Refusing(Costly):
        notice = 'a double'

        async def ask(self, question: Question, deadline: Deadline) -> Answer:
            raise ModelRefused('no')

    inner = Refusing()
    model = Budgeted(inner, Budget())
    assert model.notice == 'a double'
    with pytest.raises(ModelRefused):
        await ask(model, question)
    await model.aclose()
    assert inner.closed
