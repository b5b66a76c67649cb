"""What the ends of a gripper's goals mean, by what the fingers were told to do."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip('rclpy')
pytest.importorskip('control_msgs')

from action_msgs.msg import GoalStatus
from moveit_doubles import done
from rclpy.task import Future as RclpyFuture

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason
from vlm_nav.ros.joint_trajectory_client import ControllerSettings, JointTrajectoryClient

pytestmark = pytest.mark.ros


class StallingGripper:
    """A double of a client of a gripper whose fingers always meet something."""

    _action_name = 'gripper'

    def server_is_ready(self) -> bool:
        """Be there."""
        return True

    def send_goal_async(self, goal: Any) -> Any:
        """Accept it, and end it where the fingers stopped."""
        result = SimpleNamespace(position=0.01, stalled=True, reached_goal=False)
        end = SimpleNamespace(status=GoalStatus.STATUS_ABORTED, result=result)
        return done(SimpleNamespace(accepted=True, get_result_async=lambda: done(end)))


@pytest.mark.parametrize(
    ('opening_m', 'reason', 'told'),
    [(0.0, None, [True]), (math.inf, None, [False]), (0.06, HandReason.ARM_ABORTED, [])],
)
async def test_fingers_that_something_stops_hold_it_unless_they_were_to_open_for_it(
    spun: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    opening_m: float,
    reason: HandReason | None,
    told: list[bool],
) -> None:
    heard: list[bool] = []
    client = JointTrajectoryClient(
        spun('hand', namespace='/gripper'),
        ControllerSettings(),
        0.08,
        on_grip=heard.append,
    )
    monkeypatch.setattr(client, '_gripper', StallingGripper())
    outcome = await client.grip(opening_m, Deadline.after(30.0))
    assert outcome.reason is reason
    assert not client.holds_nothing()
    # What they held is only gone where they have truly opened.
    assert heard == told


class StuckGripper(StallingGripper):
    """A double of a client of a gripper that takes a goal or not, and never tells how it ended."""

    def __init__(self, accepted: bool) -> None:
        """Say so of every goal."""
        self.accepted = accepted

    def send_goal_async(self, goal: Any) -> Any:
        """Answer, and no more."""
        handle = SimpleNamespace(
            accepted=self.accepted, get_result_async=RclpyFuture, cancel_goal_async=RclpyFuture
        )
        return done(handle)


@pytest.mark.parametrize(
    ('opening_m', 'accepted', 'cancelled', 'told'),
    [
        (0.0, True, False, [True]),
        (0.0, True, True, [True]),
        (0.0, False, False, []),
        (math.inf, True, False, []),
    ],
)
async def test_fingers_that_were_stopped_while_they_closed_may_hold_something(
    spun: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    opening_m: float,
    accepted: bool,
    cancelled: bool,
    told: list[bool],
) -> None:
    heard: list[bool] = []
    client = JointTrajectoryClient(
        spun('hand', namespace='/gripper'),
        ControllerSettings(cancel_timeout_s=0.1),
        0.08,
        on_grip=heard.append,
    )
    monkeypatch.setattr(client, '_gripper', StuckGripper(accepted))
    gripping = asyncio.ensure_future(client.grip(opening_m, Deadline.after(0.3)))
    if cancelled:
        await asyncio.wait({gripping}, timeout=0.1)
        gripping.cancel()
    await asyncio.wait({gripping})
    assert gripping.cancelled() or not gripping.result().done
    assert heard == told
