"""Fields that one distribution's messages have and another's have not, by stand-in messages."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip('rclpy')

from rclpy.task import Future

from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.nav2_states import NavResult
from vlm_nav.ros.nav2_action import RclpyGoal, progress_from

pytestmark = pytest.mark.ros

# NavigateToPose's results: Humble's is empty, later ones say why.
HUMBLE_RESULT: dict[str, Any] = {}
JAZZY_RESULT = {'error_code': 208, 'error_msg': 'no path'}
# Its feedback: Humble to Kilted have these fields, what follows Kilted has two more.
FEEDBACK = {'distance_remaining': 1.5, 'number_of_recoveries': 2}
LATER_FEEDBACK = {**FEEDBACK, 'position_tracking_error': 0.1, 'heading_tracking_error': 0.2}


def ended(value: Any) -> Future:
    """Return a future of rclpy that has ended."""
    future = Future()
    future.set_result(value)
    return future


def feedback_of(fields: dict[str, Any]) -> SimpleNamespace:
    """Return feedback with a pose and some fields more."""
    pose = SimpleNamespace(
        position=SimpleNamespace(x=1.0, y=2.0, z=0.0),
        orientation=SimpleNamespace(x=0.0, y=0.0, z=0.0, w=1.0),
    )
    stamp = SimpleNamespace(sec=3, nanosec=4)
    header = SimpleNamespace(frame_id='map', stamp=stamp)
    return SimpleNamespace(current_pose=SimpleNamespace(header=header, pose=pose), **fields)


async def result_of(status: GoalStatus, fields: dict[str, Any]) -> NavResult:
    """Return what the client makes of a goal that ended with a status and a result."""
    answer = SimpleNamespace(status=status, result=SimpleNamespace(**fields))
    handle = SimpleNamespace(accepted=True, get_result_async=lambda: ended(answer))
    node: Any = SimpleNamespace(executor=SimpleNamespace(create_task=lambda call: call()))
    sending: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    sending.set_result(handle)
    return await asyncio.wait_for(RclpyGoal(node, b'0' * 16, sending).result, 5.0)


async def test_a_result_of_humble_has_no_code_and_no_words() -> None:
    for status in (GoalStatus.SUCCEEDED, GoalStatus.ABORTED, GoalStatus.CANCELED):
        assert await result_of(status, HUMBLE_RESULT) == NavResult(status, 0, '')


async def test_a_result_of_jazzy_says_why() -> None:
    assert await result_of(GoalStatus.ABORTED, JAZZY_RESULT) == NavResult(
        GoalStatus.ABORTED, 208, 'no path'
    )


@pytest.mark.parametrize('fields', [FEEDBACK, LATER_FEEDBACK])
def test_feedback_is_read_with_and_without_later_fields(fields: dict[str, Any]) -> None:
    progress = progress_from(feedback_of(fields))
    assert (progress.frame_id, progress.stamp_ns) == ('map', 3_000_000_004)
    assert (progress.distance_remaining_m, progress.recoveries) == (1.5, 2)


def test_feedback_without_a_distance_is_read() -> None:
    assert progress_from(feedback_of({})).distance_remaining_m == 0.0
