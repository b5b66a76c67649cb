"""The navigator's sign of life."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip('rclpy')
pytest.importorskip('nav2_msgs')

from end_to_end.processes import Told
from unique_identifier_msgs.msg import UUID

from vlm_nav.core.decision import Waypoint
from vlm_nav.ros.heartbeat import Heartbeat
from vlm_nav.ros.nav2_action import RclpyNavigateAction
from vlm_nav.ros.qos import COMMAND
from vlm_nav.ros.watchdog_rules import NO_GOAL

pytestmark = pytest.mark.ros
PATIENCE_S = 10.0
GOAL, NEXT = bytes([1] * 16), bytes([2] * 16)


async def heard(node: Any, heartbeat: Heartbeat) -> Told:
    """Return what a listener hears once it is known to listen."""
    told = Told('heartbeats')
    node.create_subscription(
        UUID, 'beating/heartbeat', lambda message: told.add({'goal': bytes(message.uuid)}), COMMAND
    )
    until_s = time.monotonic() + PATIENCE_S
    while not heartbeat.watched:
        assert time.monotonic() < until_s, 'the listener was not noticed'
        await asyncio.sleep(0.01)
    return told


async def beat(told: Told, goal_id: bytes, after: int = 0) -> None:
    await asyncio.to_thread(told.wait, lambda line: line['goal'] == goal_id, after)


async def test_it_tells_the_believed_goal_and_at_last_that_there_is_none(
    spun: Callable[..., Any],
) -> None:
    believed: list[bytes | None] = [None]
    heartbeat = Heartbeat(spun('beating', namespace='/alive'), lambda: believed[0])
    assert not heartbeat.watched
    told = await heard(spun('listener', namespace='/alive'), heartbeat)
    await beat(told, NO_GOAL)
    believed[0] = GOAL
    await beat(told, GOAL)
    heartbeat.claim(NEXT)
    await beat(told, NEXT)
    await heartbeat.close()
    before = len(told.lines)
    await asyncio.sleep(0.5)
    assert told.lines[-1]['goal'] == NO_GOAL
    assert len(told.lines) - before <= 1


async def test_a_loop_that_hangs_is_silent(spun: Callable[..., Any]) -> None:
    heartbeat = Heartbeat(spun('beating', namespace='/hanging'), lambda: GOAL)
    told = await heard(spun('listener', namespace='/hanging'), heartbeat)
    await beat(told, GOAL)
    # What came until now is heard, and nothing more for as long as the loop hangs.
    time.sleep(0.3)
    before = len(told.lines)
    time.sleep(0.5)
    assert len(told.lines) == before
    await beat(told, GOAL, before)
    await heartbeat.close()


async def test_a_goal_is_claimed_before_it_is_sent(spun: Callable[..., Any]) -> None:
    claimed: list[bytes] = []
    action = RclpyNavigateAction(spun('sending', namespace='/claims'), on_send=claimed.append)
    goal = action.send(Waypoint('map', 0, 1.0, 0.0, 0.0), lambda progress: None)
    assert claimed == [goal.goal_id]
    assert not goal.response.done()
