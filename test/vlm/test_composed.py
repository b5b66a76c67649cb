"""What is around a model wherever one is made from settings."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.vlm.budget import Budget, BudgetSettings, Limits
from vlm_nav.vlm.cassette import CassetteMode, CassetteSettings
from vlm_nav.vlm.composed import composed_model, model_name
from vlm_nav.vlm.errors import BudgetSpent
from vlm_nav.vlm.profiles import ModelSettings, ready_profiles
from vlm_nav.vlm.question import Question

READY = ModelSettings(ready_profiles())


def composed(spec: str, budget: Budget, **given: Any) -> Any:
    return composed_model(spec, settings=READY, budget=budget, rng=random.Random(0), **given)


async def test_what_is_played_costs_nothing_and_needs_no_room_in_the_budget(
    tmp_path: Path, question: Question
) -> None:
    def settings(mode: CassetteMode) -> CassetteSettings:
        return CassetteSettings(tmp_path, mode)

    budget = Budget(BudgetSettings(mission=Limits(calls=1)))
    model = composed('scripted:first', budget, cassette=settings(CassetteMode.RECORD))
    until = Deadline.after(10.0)
    asked = await model.ask(question, until)
    with pytest.raises(BudgetSpent):
        await model.ask(question, until)
    again = composed('scripted:first', budget, cassette=settings(CassetteMode.REPLAY_OR_FAIL))
    assert await again.ask(question, until) == asked
    assert budget.mission.calls == 1


async def test_of_a_list_each_endpoint_that_is_asked_is_counted(question: Question) -> None:
    budget = Budget()
    model = composed('scripted:malformed,scripted:first', budget)
    assert (await model.ask(question, Deadline.after(10.0))).labels == (1, 2)
    assert budget.mission.calls == 2


async def test_of_a_list_the_next_endpoint_is_not_asked_with_a_spent_budget(
    question: Question,
) -> None:
    budget = Budget(BudgetSettings(mission=Limits(calls=1)))
    model = composed('scripted:malformed,scripted:first', budget)
    with pytest.raises(BudgetSpent):
        await model.ask(question, Deadline.after(10.0))
    assert budget.mission.calls == 1


def test_a_cassette_knows_models_by_name_and_not_by_where_they_are() -> None:
    assert model_name('openai:gpt-4o-mini', READY) == 'gpt-4o-mini'
    assert model_name('vllm:qwen,scripted:first', READY) == 'qwen, scripted:first'
    over = ModelSettings(ready_profiles(), {}, {'model': 'm', 'base_url': 'http://localhost:1/v1'})
    assert model_name('openai', over) == 'm'
    assert model_name('double:http://127.0.0.1:4711/seer', READY) == 'double:/seer'
