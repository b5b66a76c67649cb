"""Turning through a real action server for Spin, over DDS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip('rclpy')
pytest.importorskip('nav2_msgs')

from nav2_msgs.action import Spin
from rclpy.action import ActionServer

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.ros.nav2_port import Nav2Settings
from vlm_nav.ros.nav2_ready import RequireActive
from vlm_nav.ros.nav2_spin import Nav2Spin
from vlm_nav.ros.spin_action import RclpySpinAction

pytestmark = pytest.mark.ros
PATIENT = Nav2Settings(ready_timeout_s=20.0, response_timeout_s=5.0)


class Spinner:
    """A Spin server that turns in no time, or fails with an error code."""

    def __init__(self, node: Any) -> None:
        self.goals: list[Any] = []
        self.error_code = 0
        self.server = ActionServer(node, Spin, 'spin', execute_callback=self.execute)

    def execute(self, handle: Any) -> Any:
        self.goals.append(handle.request)
        if self.error_code:
            handle.abort()
        else:
            handle.succeed()
        return Spin.Result(error_code=self.error_code, error_msg='as told')


async def test_a_turn_goes_to_the_server_and_its_end_comes_back(
    spun: Callable[..., Any],
) -> None:
    spinner = Spinner(spun('behavior_server'))
    client = Nav2Spin(RclpySpinAction(spun('turner'), RequireActive.NEVER), PATIENT)
    outcome = await client.turn(-1.25, Deadline.after(30.0))
    assert outcome.reached, outcome
    (goal,) = spinner.goals
    assert goal.target_yaw == pytest.approx(-1.25)
    assert 5 < goal.time_allowance.sec <= 30
    spinner.error_code = 703
    outcome = await client.turn(1.0, Deadline.after(30.0))
    assert outcome.reason is DrivingReason.NAV_ABORTED
    assert 'error 703: spin: as told' in outcome.detail
