"""Cancel, replace, pause, interrupt, and a model that hangs."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from end_to_end.chain import Chain, running_chain
from end_to_end.checks import (
    GOAL_ERROR_M,
    TARGETS,
    check_held,
    decide,
    distance_m,
    floor_point,
)
from end_to_end.processes import Line
from vlm_nav.core.candidate import Pixel

pytestmark = [pytest.mark.ros, pytest.mark.data]


@pytest.fixture(scope='module')
def slow_chain(human_node: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Give the chain with a base that never arrives and a model that must answer within 2 s."""
    parameters = {'pivot.question_timeout_s': 2.0, 'decision_timeout_s': 4.0}
    folder = tmp_path_factory.mktemp('slow')
    with running_chain(human_node, folder, speed_m_s=0.0, parameters=parameters) as running:
        yield running


def driving(chain: Chain, instruction: str, target: Pixel) -> Line:
    """Give an instruction and return the goal that the base has accepted."""
    before = len(chain.base.told.lines)
    decision, _ = decide(chain, 0, target, instruction)
    assert decision['outcome'] == 'goal'
    return chain.base.told.wait(lambda line: line.get('event') == 'accepted', before)


def ended(chain: Chain, goal: Line, *events: str) -> Line:
    """Return how a goal ended at the base."""
    return chain.base.told.wait(
        lambda line: line.get('goal_id') == goal['goal_id'] and line['event'] in events
    )


def test_a_cancel_ends_the_goal(slow_chain: Chain) -> None:
    from std_srvs.srv import Trigger

    goal = driving(slow_chain, 'go, and be cancelled', TARGETS[0][0])
    response = slow_chain.human.call(Trigger, 'navigator/cancel', Trigger.Request())
    assert response.success
    assert ended(slow_chain, goal, 'canceled')
    outcome = slow_chain.human.outcomes.wait(lambda line: 'be cancelled' in line['instruction'])
    assert outcome['reason'] == 'cancelled'


def test_a_second_instruction_replaces_the_first(slow_chain: Chain) -> None:
    first = driving(slow_chain, 'go there first', TARGETS[0][0])
    second = driving(slow_chain, 'no, go here', TARGETS[0][1])
    assert ended(slow_chain, first, 'canceled', 'preempted')
    assert second['goal_id'] != first['goal_id']
    outcome = slow_chain.human.outcomes.wait(lambda line: 'first' in line['instruction'])
    assert outcome['reason'] == 'replaced'
    assert distance_m(second, floor_point(0, TARGETS[0][1])) < GOAL_ERROR_M


def test_a_model_that_hangs_is_late_and_leads_to_no_goal(slow_chain: Chain) -> None:
    slow_chain.behave(behaviour='hang')
    check_held(slow_chain, 'ask a model that hangs', 'vlm_late')
    slow_chain.behave(behaviour='normal')


def test_a_pause_refuses_instructions_until_it_ends(slow_chain: Chain) -> None:
    from std_srvs.srv import SetBool

    assert slow_chain.human.call(SetBool, 'navigator/pause', SetBool.Request(data=True)).success
    check_held(slow_chain, 'go during the pause', 'paused')
    assert slow_chain.human.call(SetBool, 'navigator/pause', SetBool.Request(data=False)).success


def test_an_interrupt_cancels_the_goal_before_the_navigator_exits(slow_chain: Chain) -> None:
    goal = driving(slow_chain, 'go, and be interrupted', TARGETS[0][0])
    assert slow_chain.navigator.stop(signal.SIGINT) == 0
    assert ended(slow_chain, goal, 'canceled')
    outcome = slow_chain.human.outcomes.wait(lambda line: 'interrupted' in line['instruction'])
    assert outcome['reason'] == 'shutting_down'
    # Logged once the base has acknowledged the cancel, so before the process ended.
    assert slow_chain.navigator.wait_log('ended', 'shutting_down')
