"""A person steps before the driving robot: the goal is cancelled, with its reason."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

import pytest

from end_to_end.chain import Chain, running_chain
from end_to_end.checks import TARGETS, accepted, decide
from end_to_end.processes import Line

pytestmark = [pytest.mark.ros, pytest.mark.data]

WITHIN_S = 0.5
TIMES = 5


@pytest.fixture(scope='module')
def chain(human_node: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Give the chain with a base that never arrives."""
    with running_chain(human_node, tmp_path_factory.mktemp('steps_in'), speed_m_s=0.0) as running:
        yield running


def driving(chain: Chain, instruction: str) -> Line:
    """Give an instruction and return the goal that the base has accepted."""
    before = len(chain.base.told.lines)
    decision, _ = decide(chain, 0, TARGETS[0][0], instruction)
    assert decision['outcome'] == 'goal', decision
    return chain.base.told.wait(lambda line: line.get('event') == 'accepted', before)


def stopped_after_s(chain: Chain, number: int) -> float:
    """Have a person step in while the robot drives; return how long after it stood."""
    goal = driving(chain, f'{number}: go until somebody comes')
    before = len(chain.player.told.lines)
    chain.player.write({'fault': 'somebody'})
    frame = chain.player.told.wait(lambda line: 'stamp_ns' in line, before)
    chain.base.told.wait(
        lambda line: line.get('goal_id') == goal['goal_id'] and line['event'] == 'canceled'
    )
    now_ns = chain.human.node.get_clock().now().nanoseconds
    outcome = chain.human.outcomes.wait(lambda line: line['instruction'].startswith(f'{number}:'))
    assert (outcome['reached'], outcome['reason']) == (False, 'way_blocked')
    assert 'm ahead' in outcome['detail']
    chain.play(0)
    return float(now_ns - frame['stamp_ns']) / 1e9


def test_somebody_1_m_ahead_cancels_the_goal_within_half_a_second_of_the_frame(
    chain: Chain,
) -> None:
    took_s = sorted(stopped_after_s(chain, number) for number in range(TIMES))
    print(f'stopped after s: median {statistics.median(took_s):.3f}, all {took_s}')
    assert took_s[-1] <= WITHIN_S


def test_while_nobody_comes_the_robot_drives_on_and_looks(chain: Chain) -> None:
    goal = driving(chain, 'go, and nobody comes')
    # A frame that shows what the one before showed: nothing new for a whole second of looks.
    with pytest.raises(AssertionError, match='nothing fits'):
        chain.base.told.wait(
            lambda line: line.get('goal_id') == goal['goal_id'] and line['event'] != 'accepted',
            patience_s=2.0,
        )


def test_eyes_that_see_nothing_any_more_end_the_drive_with_their_reason(chain: Chain) -> None:
    goal = driving(chain, 'go blindly')
    chain.player.write({'fault': 'no_picture'})
    chain.base.told.wait(
        lambda line: line.get('goal_id') == goal['goal_id'] and line['event'] == 'canceled'
    )
    outcome = chain.human.outcomes.wait(lambda line: line['instruction'] == 'go blindly')
    assert outcome['reason'] == 'stale_image'
    chain.play(0)
    before = accepted(chain)
    driving(chain, 'and go again')
    assert accepted(chain) == before + 1
