"""An instruction whose budget is spent ends with that reason, at once and for good."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from roaming import Roamer

from vlm_nav.core.decision import DecisionOutcome
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import AskingReason
from vlm_nav.navigation.budget_listener import BudgetListener
from vlm_nav.navigation.decision_making import mission_for, model_for
from vlm_nav.navigation.decision_parameters import (
    DECIDING_PARAMETERS,
    LOOKING_PARAMETERS,
    decision_settings,
)
from vlm_nav.navigation.events import Decided, Ended
from vlm_nav.navigation.in_words import budget_values
from vlm_nav.navigation.mission import Mission, MissionEnd
from vlm_nav.navigation.mission_parameters import MISSION_PARAMETERS
from vlm_nav.navigation.parameter_file import checked_values
from vlm_nav.vlm.budget import Budget, BudgetSettings, Limits
from vlm_nav.vlm.errors import BudgetSpent
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.question import Answer

ALL = (*LOOKING_PARAMETERS, *DECIDING_PARAMETERS, *MISSION_PARAMETERS)
QUICK = {'vlm.spec': 'scripted:first', 'pivot.early_stop': False}


def settings_of(**given: Any) -> Any:
    named = {name.replace('__', '.'): value for name, value in given.items()}
    return decision_settings(checked_values(ALL, {**QUICK, **named}))


def roaming_within(told: list[Event], **given: Any) -> tuple[Mission, Budget]:
    settings, robot = settings_of(**given), Roamer(drive_s=0.0)
    budget = Budget(settings.budget)
    listeners = (BudgetListener(budget), told.append)
    model = model_for(settings, budget)
    return mission_for(settings, robot, robot, robot, model, listeners), budget


def of(kind: type, told: list[Event]) -> list[Any]:
    return [event for event in told if isinstance(event, kind)]


def carried_out(mission: Mission) -> MissionEnd:
    return asyncio.run(mission.carry_out('go to the chair'))


# 1 question is whether it has arrived, then come 3 rounds of 3 runs and 5 that point at the thing;
# then it drives and looks again. All runs agree, however far apart their places are.
@pytest.mark.parametrize('calls', [1, 3, 6, 9, 12, 16, 18])
def test_whatever_question_was_one_too_many_the_instruction_ends_with_budget_spent(
    calls: int,
) -> None:
    told: list[Event] = []
    mission, budget = roaming_within(told, budget__mission_calls=calls, pivot__agreement_m=100.0)
    end = carried_out(mission)
    assert (end.decision.outcome, end.reason) == (DecisionOutcome.HOLD, AskingReason.BUDGET_SPENT)
    assert f'calls: {calls} of {calls} are spent' in end.decision.detail
    if 2 <= calls <= 9:
        # With those that were refused.
        assert end.decision.calls == len(of(Asked, told))
    results = [event.result for event in of(Answered, told)]
    answers = [result for result in results if isinstance(result, Answer)]
    refused = [result for result in results if isinstance(result, BudgetSpent)]
    assert len(answers) == budget.mission.calls == calls
    # The runs of the round in which it was spent, and nothing after that: no try, no drive.
    assert 1 <= len(refused) <= 3
    first = next(i for i, one in enumerate(told) if getattr(one, 'result', None) is refused[0])
    assert {type(one) for one in told[first:]} == {Answered, Decided, Ended}


def test_the_next_instruction_has_its_own_calls_until_the_hour_is_spent() -> None:
    told: list[Event] = []
    mission, budget = roaming_within(told, budget__mission_calls=5, budget__hour_calls=8)
    assert 'instruction' in carried_out(mission).decision.detail
    assert budget.mission.calls == 5
    end = carried_out(mission)
    assert (end.reason, budget.hour.calls) == (AskingReason.BUDGET_SPENT, 8)
    assert 'hour' in end.decision.detail


def test_limits_and_prices_come_from_the_parameters() -> None:
    budget = settings_of(
        budget__mission_calls=100,
        budget__mission_cost=0.5,
        budget__hour_tokens=10**6,
        budget__prices=['gpt-4o 2.5 10'],
        budget__currency='EUR',
    ).budget
    assert budget.mission == Limits(calls=100, cost=0.5)
    assert budget.hour == Limits(tokens=10**6)
    assert (list(budget.prices.prices), budget.prices.currency) == (['gpt-4o'], 'EUR')
    assert settings_of().budget == BudgetSettings()


def test_a_limit_of_cost_without_prices_is_refused_before_anything_moves() -> None:
    with pytest.raises(InvalidValueError, match=r'budget\.prices'):
        settings_of(budget__hour_cost=1.0)


def test_totals_are_told_with_their_limits_and_the_currency() -> None:
    _, budget = roaming_within(
        [],
        budget__mission_calls=3,
        budget__hour_cost=0.5,
        budget__prices=['dear 2.5 10'],
        budget__currency='EUR',
    )
    values = budget_values(budget)
    assert values['budget'] == ''
    assert values['questions of the instruction'] == '0 of 3'
    assert values['cost of the last hour'] == '0.0000 of 0.5 EUR'
    assert values['tokens in all'] == '0'
