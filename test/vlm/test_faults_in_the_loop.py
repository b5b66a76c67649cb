"""Decisions in the closed loop while the endpoint fails in every way, each in 5 % of its requests.

All ways together are more than all requests, so a third of them is tried at a time. A few
decisions are made here; VLM_NAV_FAULT_DECISIONS says how many to make instead.
"""

from __future__ import annotations

import asyncio
import functools
import json
import math
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from roaming import Roamer

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import DecisionOutcome
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import AskingReason, ChoosingReason, MissionReason
from vlm_nav.navigation.budget_listener import BudgetListener
from vlm_nav.navigation.decision_making import mission_for, model_for
from vlm_nav.navigation.decision_parameters import (
    DECIDING_PARAMETERS,
    LOOKING_PARAMETERS,
    decision_settings,
)
from vlm_nav.navigation.events import Decided, Drove, Ended, Started
from vlm_nav.navigation.mission import MissionEnd
from vlm_nav.navigation.mission_parameters import MISSION_PARAMETERS
from vlm_nav.navigation.parameter_file import checked_values
from vlm_nav.vlm.budget import Budget
from vlm_nav.vlm.errors import ModelLate
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.model import Model, close
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings
from vlm_nav.vlm.question import Answer, Purpose, Question

from .fault_server import FAULTS, GOOD, FaultServer, Handler, says, self_signed, serving

pytestmark = pytest.mark.usefixtures('no_task_left_behind')

DECISIONS = int(os.environ.get('VLM_NAV_FAULT_DECISIONS', '30'))
SHARE = 0.05
NOT_ARRIVED = '{"reason": "not yet", "points": [], "none": true, "arrived": false}'
GOOD_ANSWERS = {GOOD, NOT_ARRIVED}
# Of a whole answer, as it says itself.
TOKENS = 720
SLOW = {'slow first byte', 'slow body', 'hang', 'trickle without end'}
# Faults of a whole endpoint, not of a request.
ELSEWHERE = ('refused', 'certificate')
NAMES = (*FAULTS, *ELSEWHERE)
PARTS = 3
ALL = (*LOOKING_PARAMETERS, *DECIDING_PARAMETERS, *MISSION_PARAMETERS)
GIVEN = {
    'vlm.spec': 'scripted:first',
    'pivot.runs': 2,
    'pivot.rounds': 1,
    'pivot.question_timeout_s': 0.5,
    'face_thing': False,
    'retry_pause_s': 0.1,
    'decision_limit': 5,
    'budget.prices': ['seer 2.5 10'],
}
ENDS = {
    MissionReason.DECISIONS_SPENT,
    MissionReason.NOT_FOUND,
    MissionReason.OSCILLATING,
    MissionReason.PATH_SPENT,
    ChoosingReason.NO_AGREEMENT,
    AskingReason.VLM_LATE,
    AskingReason.VLM_REFUSED,
    AskingReason.VLM_UNREACHABLE,
    AskingReason.VLM_UNUSABLE,
}


class Failing:
    """Plays for each request a good answer or, by lot, one of the faults; keeps what it played."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.played: Counter[str] = Counter()
        self.tokens_sent = 0
        self._faults = faults
        self._random = random.Random(7)
        self._lock = threading.Lock()

    def __call__(self, handler: Handler) -> None:
        # Not the handler's own: that of an earlier request of its connection may count already.
        send = functools.partial(Handler.send, handler)

        def counting(status: int, body: str, *given: Any, **headers: Any) -> None:
            with self._lock:
                self.tokens_sent += tokens_in(body) if status == 200 else 0
            send(status, body, *given, **headers)

        handler.send = counting  # type: ignore[method-assign]
        with self._lock:
            drawn = self._random.random() / SHARE
            name = self._faults[int(drawn)] if drawn < len(self._faults) else ''
            self.played[name or 'none'] += 1
        behaviour = FAULTS[name] if name else says(good_answer(handler))
        behaviour(handler)


def good_answer(handler: Handler) -> str:
    """Return what a good model answers to the request."""
    words = handler.body['messages'][1]['content'][-1]['text']
    return NOT_ARRIVED if 'Has the robot arrived?' in words else GOOD


def tokens_in(body: str) -> int:
    """Return how many tokens a body says that it cost, none where it cannot be read."""
    try:
        usage = json.loads(body).get('usage', {})
    except ValueError:
        return 0
    return int(usage.get('total_tokens', 0))


class Unlucky:
    """Asks an endpoint that is not there, or one that nobody vouches for, in 5 % each."""

    def __init__(self, usual: str, elsewhere: dict[str, str], played: Counter[str]) -> None:
        self._models = {
            name: OpenAiModel(OpenAiSettings(model='seer', base_url=url, attempt_limit=2))
            for name, url in {'usual': usual, **elsewhere}.items()
        }
        self._elsewhere = list(elsewhere)
        self._played = played
        self._random = random.Random(8)

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        drawn = self._random.random() / SHARE
        name = 'usual'
        if drawn < len(self._elsewhere):
            name = self._elsewhere[int(drawn)]
            self._played[name] += 1
        return await self._models[name].ask(question, deadline)

    async def aclose(self) -> None:
        for model in self._models.values():
            await close(model)


@dataclass
class Driven:
    """What happened in a closed loop."""

    budget: Budget
    failing: Failing
    events: list[Event] = field(default_factory=list)
    ends: list[MissionEnd] = field(default_factory=list)
    complaints: list[dict[str, Any]] = field(default_factory=list)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


async def driven(
    decisions: int, server: FaultServer, failing: Failing, elsewhere: dict[str, str]
) -> Driven:
    """Return what happened until so many decisions were made."""
    # The model is named afterwards: tables know none that only a test has.
    usual = decision_settings(checked_values(ALL, GIVEN))
    settings = replace(usual, model_spec='unlucky')
    found = Driven(Budget(settings.budget), failing)
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: found.complaints.append(context)
    )

    def unlucky(_: str) -> Model:
        return Unlucky(server.url, elsewhere, failing.played)

    model = model_for(settings, found.budget, further={'unlucky': unlucky})
    robot = Roamer(drive_s=0.0, turn_s=0.0)
    listeners = (BudgetListener(found.budget), found.events.append)
    mission = mission_for(settings, robot, robot, robot, model, listeners)
    try:
        while len(found.of(Decided)) < decisions:
            found.ends.append(await mission.carry_out('go to the chair'))
    finally:
        await close(model)
    return found


@pytest.fixture(scope='module')
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Give an endpoint that is gone, and one whose certificate nobody vouches for."""
    with serving(says()) as server:
        gone = server.url
    context = self_signed(tmp_path_factory.mktemp('certificate'))
    with serving(says(), context=context) as untrusted:
        yield {'refused': gone, 'certificate': untrusted.url}


def check_no_goal_from_a_bad_answer(found: Driven) -> None:
    answers = [one.result for one in found.of(Answered) if isinstance(one.result, Answer)]
    assert answers
    assert {answer.raw_text for answer in answers} <= GOOD_ANSWERS
    goals = [one.decision for one in found.of(Decided) if one.decision.waypoint is not None]
    # A goal may also be the way on to floor that was not seen, which no answer names.
    chosen = [goal for goal in goals if goal.labels]
    assert chosen
    assert all(set(goal.labels) <= {1, 2} for goal in chosen)
    asked = {id(one.asked): one.result for one in found.of(Answered)}
    latest: list[Any] = []
    for event in found.events:
        if isinstance(event, Decided):
            if event.decision.labels:
                assert any(isinstance(asked[id(one)], Answer) for one in latest)
            latest = []
        elif isinstance(event, Asked) and event.question.purpose is Purpose.GROUND_WAYPOINT:
            latest.append(event)


def check_nothing_is_lost(found: Driven) -> None:
    assert found.complaints == []
    assert len(found.of(Started)) == len(found.of(Ended)) == len(found.ends)
    for kind in (Asked, Answered):
        assert len(found.of(kind)) == found.budget.total.calls
    goals = [one for one in found.of(Decided) if one.decision.outcome is DecisionOutcome.GOAL]
    assert len(found.of(Drove)) == len(goals)
    assert {end.reason for end in found.ends} <= ENDS


def check_totals(found: Driven) -> None:
    total, results = found.budget.total, [one.result for one in found.of(Answered)]
    assert total.prompt_tokens == sum(result.tokens.prompt for result in results)
    assert total.completion_tokens == sum(result.tokens.completion for result in results)
    assert total.uncounted == sum(not result.tokens.prompt for result in results)
    price = (total.prompt_tokens * 2.5 + total.completion_tokens * 10.0) / 1e6
    assert total.cost == pytest.approx(price)
    # Whatever was sent whole was counted, unless this machine was too busy to take it in time.
    late = sum(isinstance(result, ModelLate) for result in results)
    busy = late - sum(found.failing.played[name] for name in SLOW)
    missing = found.failing.tokens_sent - total.tokens
    assert 0 <= missing <= TOKENS * max(0, busy)


@pytest.mark.parametrize('part', range(PARTS))
async def test_no_goal_comes_from_a_bad_answer_nothing_is_lost_and_the_totals_are_right(
    part: int, elsewhere: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A minute in which nothing is sent, because one answer says so, would hide all other faults.
    monkeypatch.setattr('vlm_nav.vlm.openai_endpoint.LONGEST_KEPT_S', 0.0)
    names = NAMES[part::PARTS]
    failing = Failing(tuple(name for name in names if name in FAULTS))
    others = {name: url for name, url in elsewhere.items() if name in names}
    with serving(failing) as server:
        found = await driven(math.ceil(DECISIONS / PARTS), server, failing, others)
    check_no_goal_from_a_bad_answer(found)
    check_nothing_is_lost(found)
    check_totals(found)
    faults = set(failing.played) - {'none'}
    assert len(faults) >= 3
    if DECISIONS >= 500:
        assert faults == set(names)
