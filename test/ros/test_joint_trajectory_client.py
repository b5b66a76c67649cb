"""What the ends of a gripper's goals mean, by what the fingers were told to do."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip('rclpy')
pytest.importorskip('control_msgs')

from action_msgs.msg import GoalStatus
from moveit_doubles import done

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
