"""What an instruction has cost stands in its record and in the report."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from missions import mission

from vlm_nav.core.deadline import Deadline
from vlm_nav.navigation.budget_listener import BudgetListener
from vlm_nav.records.read import read_record
from vlm_nav.records.report import Prices, write_report
from vlm_nav.records.schema import SpentPart
from vlm_nav.records.write import RecordWriter
from vlm_nav.vlm.budget import Budget, Budgeted, BudgetSettings
from vlm_nav.vlm.doubles import AlwaysFirst
from vlm_nav.vlm.errors import UnusableAnswer
from vlm_nav.vlm.question import Answer, Question, SentQuestion, TokenUse
from vlm_nav.vlm.spending import price_table

TOKENS = TokenUse(1000, 50)
SENT = SentQuestion('dear', '', '', ())


class Costly(AlwaysFirst):
    """A double that costs 1050 tokens a question; the first one it answers in vain."""

    asked = 0

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        self.asked += 1
        if self.asked == 1:
            raise UnusableAnswer('half an object', sent=SENT, tokens=TOKENS)
        answer = await super().ask(question, deadline)
        return Answer(answer.labels, tokens=TOKENS, sent=SENT)


def recorded(records: Path, *prices: str, counted: bool = True) -> Path:
    budget = Budget(BudgetSettings(prices=price_table(prices, 'EUR')))
    spending: Any = (lambda: budget.mission) if counted else None
    writer = RecordWriter(records, on_problem=lambda _: None, spending=spending)
    model = Budgeted(Costly(), budget)
    asyncio.run(mission(BudgetListener(budget), writer, model=model).carry_out('go'))
    return records / 'a_record'


def test_a_record_tells_what_was_spent_by_its_decision_and_in_all(records: Path) -> None:
    record = read_record(recorded(records, 'dear 2.5 10'))
    # Two runs of two rounds, and the question that was asked twice.
    assert record.ended is not None
    assert record.decision is not None
    spent = record.ended.spent
    assert spent is not None
    assert (spent.calls, spent.prompt_tokens, spent.completion_tokens) == (5, 5000, 250)
    assert spent.cost is not None
    assert abs(spent.cost - 0.015) < 1e-9
    assert (spent.currency, spent.uncounted) == ('EUR', 0)
    assert record.decision.spent == spent


def test_a_question_answered_in_vain_has_its_tokens_too(records: Path) -> None:
    record = read_record(recorded(records))
    errors = [one.reply.error for one in record.questions if one.reply and one.reply.error]
    assert [(one.prompt_tokens, one.completion_tokens) for one in errors] == [(1000, 50)]


def test_the_report_tells_tokens_and_cost(records: Path) -> None:
    page = write_report(recorded(records, 'dear 2.5 10')).read_text()
    assert '<b>5,250</b>tokens' in page
    assert '<b>0.0150 EUR</b>cost' in page


def test_prices_that_are_given_to_the_report_count_before_those_of_the_robot(
    records: Path,
) -> None:
    folder = recorded(records, 'dear 2.5 10')
    page = write_report(folder, prices=Prices(1.0, 0.0)).read_text()
    assert '<b>0.0050 USD</b>cost' in page


def test_without_prices_no_cost_is_told(records: Path) -> None:
    folder = recorded(records)
    spent = read_record(folder).ended.spent  # type: ignore[union-attr]
    assert isinstance(spent, SpentPart)
    assert spent.cost is None
    assert '</b>cost' not in write_report(folder).read_text()


def test_where_nobody_kept_count_the_questions_are_added_up(records: Path) -> None:
    folder = recorded(records, counted=False)
    record = read_record(folder)
    assert record.ended is not None
    assert record.ended.spent is None
    assert '<b>5,250</b>tokens' in write_report(folder).read_text()
